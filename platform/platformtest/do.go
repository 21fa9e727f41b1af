package platformtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// do plans an operation and does all its parts; any error fails the test.
func do(t testing.TB, a platform.Adapter, op platform.Operation) []platform.Result {
	t.Helper()
	parts, err := plan(a, op)
	if err != nil {
		t.Fatalf("plan %s: %v", op.Envelope.Type, err)
	}
	var results []platform.Result
	for _, p := range parts {
		r, err := doPart(a, p)
		if err != nil {
			t.Fatalf("do %s, part %d: %v", p.Type, p.Index, err)
		}
		results = append(results, r)
	}
	return results
}

func doPart(a platform.Adapter, p platform.Part) (platform.Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return a.Do(ctx, p)
}

// expectEffects wants effects whose texts contain these, in this order, and
// no others.
func expectEffects(t testing.TB, peer Peer, texts ...string) {
	t.Helper()
	effects := peer.Effects()
	ok := len(effects) == len(texts)
	for i := 0; ok && i < len(texts); i++ {
		ok = strings.Contains(effects[i].Text, texts[i])
	}
	if !ok {
		t.Errorf("the platform saw %+v; expected texts with %q", effects, texts)
	}
}

// awaitEffects is what was seen, once there are n of them: what goes over a
// socket is not answered, and seen a little later.
func awaitEffects(peer Peer, n int) []Effect {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if effects := peer.Effects(); len(effects) >= n {
			return effects
		}
	}
	return peer.Effects()
}

// doStored plans on one node and does, from storage, on another.
func doStored(t testing.TB, f Fixture) {
	planner, _ := f.Start(t)
	doer, peer := f.Start(t)
	open(t, doer)
	for i, op := range f.operations(doer.Capabilities()) {
		parts, err := plan(planner, op)
		if err != nil {
			t.Fatalf("plan %s: %v", op.Envelope.Type, err)
		}
		for _, p := range copyOf(t, parts) {
			if _, err := doPart(doer, p); err != nil {
				t.Errorf("do %s, part %d: %v", p.Type, p.Index, err)
			}
		}
		effects := awaitEffects(peer, i+1)
		if len(effects) <= i {
			t.Fatalf("%s had no effect", op.Envelope.Type)
		}
		e := effects[len(effects)-1]
		if e.Type != op.Envelope.Type || e.ChannelID != op.Envelope.ChannelID || e.ThreadID != op.Envelope.ThreadID {
			t.Errorf("%s to %q/%q arrived as %+v", op.Envelope.Type, op.Envelope.ChannelID, op.Envelope.ThreadID, e)
		}
	}
}

// doShrunk edits a message of two parts with a text that needs one of them. A
// message that is no more must not be the target of the next edit.
func doShrunk(t testing.TB, f Fixture) {
	a, _ := f.Start(t)
	if a.Capabilities().Types[envelope.TypeEdit] < platform.Partial {
		return
	}
	open(t, a)
	op := platform.Operation{Key: "key-shrunk", Targets: []string{f.local("m1"), f.local("m2")}, Envelope: &envelope.Outbound{
		Type: envelope.TypeEdit, ChannelID: f.local("channel"), MessageID: f.local("m1"), Text: "short",
	}}
	results := do(t, a, op)
	if len(results) < 2 {
		return // its messages are of one part, and stay one
	}
	for i, r := range results {
		if (r.MessageID == "") != r.Gone {
			t.Errorf("part %d of an edit came to %+v; expected the id of its message, or that it is gone", i, r)
		}
	}
}

// doAround edits a message whose first part is gone: what is done to the second
// is told of the second.
func doAround(t testing.TB, f Fixture) {
	a, _ := f.Start(t)
	if a.Capabilities().Types[envelope.TypeEdit] < platform.Partial {
		return
	}
	open(t, a)
	edit := func(targets ...string) platform.Operation {
		return platform.Operation{Key: "key-around", Targets: targets, Envelope: &envelope.Outbound{
			Type: envelope.TypeEdit, ChannelID: f.local("channel"), MessageID: f.local("m2"), Text: "short",
		}}
	}
	if parts, err := plan(a, edit(f.local("m1"), f.local("m2"))); err != nil || len(parts) < 2 {
		return // its messages are of one part, and stay one
	}
	results := do(t, a, edit("", f.local("m2"), ""))
	if len(results) != 2 || results[0].MessageID != "" || results[0].Gone || results[1].MessageID != f.local("m2") {
		t.Errorf("it came to %+v; expected nothing for the first part, and the id of the second", results)
	}
}

func doInOrder(t testing.TB, f Fixture) {
	a, peer := f.Start(t)
	open(t, a)
	var want []string
	for n := range 9 {
		do(t, a, f.message(n))
		want = append(want, fmt.Sprintf("text number %d", n))
	}
	expectEffects(t, peer, want...)
}

func doConcurrently(t testing.TB, f Fixture) {
	const many = 48
	a, peer := f.Start(t)
	open(t, a)
	var wait sync.WaitGroup
	for n := range many {
		op := f.message(n)
		op.Envelope.ChannelID = f.local(fmt.Sprintf("channel-%d", n))
		wait.Go(func() {
			parts, err := plan(a, op)
			if err != nil {
				t.Errorf("plan: %v", err)
			}
			for _, p := range parts {
				if _, err := doPart(a, p); err != nil {
					t.Errorf("do in %s: %v", p.ChannelID, err)
				}
			}
		})
	}
	wait.Wait()
	channels := map[string]bool{}
	for _, e := range peer.Effects() {
		channels[e.ChannelID] = true
	}
	if len(channels) != many {
		t.Errorf("%d channels of %d were reached", len(channels), many)
	}
}

// onePart plans a message that fits one part.
func (f Fixture) onePart(t testing.TB, a platform.Adapter, n int) platform.Part {
	t.Helper()
	parts, err := plan(a, f.message(n))
	if err != nil || len(parts) != 1 {
		t.Fatalf("plan a short message: %d parts, %v; expected one", len(parts), err)
	}
	return parts[0]
}

func doEndedContext(t testing.TB, f Fixture) {
	a, peer := f.Start(t)
	open(t, a)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := a.Do(ctx, f.onePart(t, a, 1))
	expectNotSent(t, "under an ended context", peer, err)
}

// doPermit takes the permit away at the first, second, … time it is asked
// for. As soon as Do gets through without having been refused, there is
// nothing more to take away.
func doPermit(t testing.TB, f Fixture) {
	const enough = 20
	for granted := range enough {
		a, peer := f.Start(t)
		open(t, a)
		asked := &permit{granted: granted}
		_, err := a.Do(platform.WithPermit(context.Background(), asked.check), f.onePart(t, a, 1))
		if !asked.wasRefused() {
			if granted == 0 {
				t.Error("Do never asked for a permit")
			}
			if err != nil {
				t.Errorf("Do with every permit it asked for: %v", err)
			}
			return
		}
		if err == nil {
			t.Errorf("Do went through although permit number %d was refused", granted+1)
			continue
		}
		if platform.AsError(err).Sent == platform.SentNo || granted == 0 {
			expectNotSent(t, fmt.Sprintf("after permit number %d was refused", granted+1), peer, err)
		}
	}
	t.Errorf("Do asks for more than %d permits for one short message", enough)
}

// permit is granted some times, and then no more.
type permit struct {
	mu      sync.Mutex
	granted int
	refused bool
}

func (p *permit) check() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.granted > 0 {
		p.granted--
		return nil
	}
	p.refused = true
	return errors.New("the lease has run out")
}

func (p *permit) wasRefused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

func expectNotSent(t testing.TB, when string, peer Peer, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("Do %s succeeded", when)
		return
	}
	if e := platform.AsError(err); e.Sent != platform.SentNo || e.Code == envelope.CodeUnknown {
		t.Errorf("Do %s: %q with sent=%v; expected sent=no", when, err, e.Sent)
	}
	if n := peer.Requests(); n > 0 {
		t.Errorf("Do %s: %d requests reached the platform", when, n)
	}
}

func doNativeKey(t testing.TB, f Fixture) {
	a, peer := f.Start(t)
	if !a.Capabilities().NativeKey {
		return
	}
	open(t, a)
	part := f.onePart(t, a, 1)
	first, err1 := doPart(a, part)
	second, err2 := doPart(a, part)
	if err1 != nil || err2 != nil {
		t.Fatalf("the same part twice: %v; %v", err1, err2)
	}
	if first.MessageID != second.MessageID {
		t.Errorf("the same part twice gave the ids %q and %q", first.MessageID, second.MessageID)
	}
	expectEffects(t, peer, "text number 1")
}
