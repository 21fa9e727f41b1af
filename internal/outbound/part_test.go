package outbound

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// An error that says of the first of three parts that it is there: the others
// are sent all the same.
func TestAnErrorThatSaysSent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.after = func(part platform.Part, _ int) error {
		if string(part.Body) == "a" {
			return &platform.Error{Code: envelope.CodeConflict, Sent: platform.SentYes, Message: "already there"}
		}
		return nil
	}
	list := b.say("c", "k", "a|b|c")
	b.consumer("n1")
	r := b.receipt(list)
	if got := b.platform.seen("c"); r.Status != envelope.StatusDelivered || len(r.Warnings) != 1 || got != "a b c" {
		t.Errorf("the platform saw %q; receipt %+v", got, r)
	}
}

// The answer about a part outlives its tenure; in the next one the part behind
// it is sent, and the last one fails once. Each id stays with its own part.
func TestIDsStayWithTheirParts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	entered, letGo := b.platform.stall(t, "a")
	b.platform.fail = func(part platform.Part, nth int) error {
		if string(part.Body) == "c" && nth == 0 {
			return hiccup()
		}
		return nil
	}
	w := newRecorder()
	list := b.say("c", "k", "a|b|c")
	b.consumer("n1", watched(w, time.Second))
	<-entered
	b.server.Pause()
	letGo()
	b.platform.await(t, 1)
	await(t, w.roles, RoleActive)
	await(t, w.roles, RoleNone)
	b.server.Resume()
	r := b.receipt(list)
	var want []string
	for _, a := range b.platform.await(t, 3) {
		want = append(want, "m-"+a.key)
	}
	if !slices.Equal(r.MessageIDs, want) {
		t.Errorf("receipt %v, want %v", r.MessageIDs, want)
	}
	if ids := []string{b.claim("k", "id:0"), b.claim("k", "id:1"), b.claim("k", "id:2")}; !slices.Equal(ids, want) {
		t.Errorf("the claim has %v, want %v", ids, want)
	}
}

// Past the soft limit of a stop, one part is there, without an id of its own,
// and the next one is not begun: whoever goes on has nothing to wonder about.
func TestPutDownBetweenPartsWithoutIDs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	entered, letGo := b.platform.stall(t, "a")
	idless := func(c *Config) { c.Adapter = idlessAdapter{fakeAdapter{b.platform}} }
	log := &journal{}
	list := b.say("c", "k", "a|b", "on_unknown", "park")
	first := b.consumer("n1", idless, logged(log), func(c *Config) { c.Limits.Lease, c.Limits.Drain = 30*time.Second, 3*time.Second })
	<-entered
	stopped := make(chan struct{})
	go func() { defer close(stopped); b.stop(first) }()
	b.until("the soft limit", func() bool { return log.says("at the soft limit") })
	letGo()
	<-stopped
	b.consumer("n2", idless)
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || r.PossibleDuplicate {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
	if got := b.platform.seen("c"); got != "a b" {
		t.Errorf("the platform saw %q", got)
	}
}

// idlessAdapter is of a platform that gives its messages no ids.
type idlessAdapter struct{ fakeAdapter }

func (a idlessAdapter) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	_, err := a.fakeAdapter.Do(ctx, part)
	return platform.Result{}, err
}
