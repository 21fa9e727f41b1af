package outbound

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// fakePlatform is a platform in memory: what it accepted, in order, and how
// it is told to fail. It is the platform; several fakeAdapters may reach it,
// as several nodes do.
type fakePlatform struct {
	caps    platform.Capabilities
	surname string // of the bot

	mutex    sync.Mutex
	accepted []accepted
	changed  chan struct{}
	fail     func(part platform.Part, nth int) error // before acceptance; nth counts the calls for this key
	after    func(part platform.Part, nth int) error // after it: the answer is lost
	hang     func(ctx context.Context, part platform.Part)
	pauses   func(part platform.Part) []platform.Pause // asked for with what was accepted
	calls    map[string]int
	flight   map[string]int // by channel, now
	most     int            // at once in one channel, ever
}

type accepted struct {
	key, channel, text string
	typ                envelope.Type
}

func newFakePlatform() *fakePlatform {
	return &fakePlatform{
		caps: platform.Capabilities{
			Types: map[envelope.Type]platform.Level{
				envelope.TypeMessage: platform.Full, envelope.TypeEdit: platform.Full, envelope.TypeTyping: platform.Full,
			},
			Fields:     map[string]platform.Level{"format": platform.Full, "reply_to": platform.Full},
			NativeKey:  true,
			Idempotent: []envelope.Type{envelope.TypeEdit},
		},
		changed: make(chan struct{}), calls: map[string]int{}, flight: map[string]int{},
	}
}

// fakeAdapter is one node's connection to a fakePlatform. A text of the form
// "a|b|c" is sent in three parts; one that begins with a + makes a message more, and of one with a - no key is kept.
type fakeAdapter struct{ *fakePlatform }

func (f fakeAdapter) Identity() platform.Identity {
	return platform.Identity{Platform: "fake", UserID: "U1" + f.surname}
}
func (f fakeAdapter) Capabilities() platform.Capabilities       { return f.caps }
func (f fakeAdapter) Open(context.Context, platform.Host) error { return nil }
func (f fakeAdapter) Close(context.Context) error               { return nil }

func (f fakeAdapter) Plan(op platform.Operation) ([]platform.Part, error) {
	var parts []platform.Part
	for _, text := range strings.Split(op.Envelope.Text, "|") {
		text, makes := strings.CutPrefix(text, "+")
		text, keyless := strings.CutPrefix(text, "-")
		parts = append(parts, platform.Part{Type: op.Envelope.Type, ChannelID: op.Envelope.ChannelID, Body: []byte(text), Makes: makes, Keyless: keyless})
	}
	return parts, nil
}

func (f fakeAdapter) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	f.enter(part)
	defer f.leave(part)
	if f.hang != nil {
		f.hang(ctx, part)
	}
	if err := platform.Permit(ctx); err != nil {
		return platform.Result{}, &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "no permit", Cause: err}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	nth := f.calls[part.Key]
	f.calls[part.Key]++
	if f.fail != nil {
		if err := f.fail(part, nth); err != nil {
			return platform.Result{}, err
		}
	}
	if !f.caps.NativeKey || !f.knows(part.Key) {
		f.accepted = append(f.accepted, accepted{part.Key, part.ChannelID, string(part.Body), part.Type})
		close(f.changed)
		f.changed = make(chan struct{})
	}
	if f.after != nil {
		if err := f.after(part, nth); err != nil {
			return platform.Result{}, err
		}
	}
	result := platform.Result{MessageID: "m-" + part.Key}
	if f.pauses != nil {
		result.Pauses = f.pauses(part)
	}
	return result, nil
}

func (f *fakePlatform) knows(key string) bool {
	for _, a := range f.accepted {
		if a.key == key {
			return true
		}
	}
	return false
}

func (f *fakePlatform) enter(part platform.Part) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.flight[part.ChannelID]++
	f.most = max(f.most, f.flight[part.ChannelID])
}

func (f *fakePlatform) leave(part platform.Part) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.flight[part.ChannelID]--
}

// busy reports whether an operation is on its way in a channel.
func (f *fakePlatform) busy(channel string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.flight[channel] > 0
}

// await waits until the platform has accepted n messages, and returns them.
func (f *fakePlatform) await(t *testing.T, n int) []accepted {
	t.Helper()
	return f.awaitLong(t, n, 20*time.Second)
}

func (f *fakePlatform) awaitLong(t *testing.T, n int, long time.Duration) []accepted {
	t.Helper()
	deadline := time.After(long)
	for {
		f.mutex.Lock()
		got, changed := append([]accepted(nil), f.accepted...), f.changed
		f.mutex.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("the platform accepted %d of %d messages: %v", len(got), n, got)
		}
	}
}

// seen are the texts that the platform has accepted in a channel, in order.
func (f *fakePlatform) seen(channel string) string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var there []accepted
	for _, a := range f.accepted {
		if a.channel == channel {
			there = append(there, a)
		}
	}
	return texts(there)
}

// untouched asserts that nobody has asked anything of the platform.
func (f *fakePlatform) untouched(t *testing.T) {
	t.Helper()
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if len(f.flight) > 0 {
		t.Errorf("the platform was asked already: %v", f.accepted)
	}
}

func texts(all []accepted) string {
	var out []string
	for _, a := range all {
		out = append(out, a.text)
	}
	return strings.Join(out, " ")
}

// stall makes the first call for a text wait until it is let go on.
func (f *fakePlatform) stall(t *testing.T, text string) (entered <-chan struct{}, letGo func()) {
	gate := make(chan struct{})
	entered = f.first(text, func(context.Context) {
		select {
		case <-gate:
		case <-t.Context().Done(): // the test has failed
		}
	})
	return entered, sync.OnceFunc(func() { close(gate) })
}

// trap makes the first call for a text wait until its tenure ends: it then has
// no permit any more, and nothing was sent.
func (f *fakePlatform) trap(text string) (entered <-chan struct{}) {
	return f.first(text, func(ctx context.Context) { <-ctx.Done() })
}

func (f *fakePlatform) first(text string, do func(context.Context)) (entered <-chan struct{}) {
	in, before := make(chan struct{}), f.hang
	var once sync.Once
	f.hang = func(ctx context.Context, part platform.Part) {
		if before != nil {
			before(ctx, part)
		}
		if string(part.Body) == text {
			once.Do(func() {
				close(in)
				do(ctx)
			})
		}
	}
	return in
}

// How a platform fails: its answer is lost; it certainly did not take it; it
// takes nothing from anybody.
func lost() error {
	return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentUnknown, Message: "the line went dead"}
}

func hiccup() error {
	return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "hiccup"}
}

func down() error {
	return &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "connection refused"}
}

// lostOnce loses the first answer about a text.
func lostOnce(text string) func(platform.Part, int) error {
	return func(part platform.Part, nth int) error {
		if string(part.Body) == text && nth == 0 {
			return lost()
		}
		return nil
	}
}

// refuseUntil refuses a text for good, as long as allowed is false.
func refuseUntil(allowed *atomic.Bool, text string) func(platform.Part, int) error {
	return func(part platform.Part, _ int) error {
		if string(part.Body) == text && !allowed.Load() {
			return platform.Refused(envelope.CodeForbidden, "", "not yet")
		}
		return nil
	}
}
