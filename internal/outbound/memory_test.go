package outbound

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// The platform takes a message, and then Redis is away for longer than the
// lease. The process that knows the answer records it afterwards: nothing is
// parked, nothing is sent again, although the platform has no key.
func TestAnAnswerOutlivesTheLease(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	entered, letGo := b.platform.stall(t, "b")
	w := newRecorder()
	list := b.say("c", "k", "a|b|c", "on_unknown", "park")
	b.consumer("n1", watched(w, time.Second))
	<-entered
	b.server.Pause()
	letGo() // "b" arrives, and Redis cannot be told
	b.platform.await(t, 2)
	await(t, w.roles, RoleActive)
	await(t, w.roles, RoleNone)
	b.server.Resume()
	r := b.receipt(list)
	if r.Status != envelope.StatusDelivered || r.PossibleDuplicate || len(r.MessageIDs) != 3 {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
	if got := texts(b.platform.await(t, 3)); got != "a b c" {
		t.Errorf("the platform saw %s", got)
	}
}

// A node learns what became of a part and cannot record it: the lease is
// somebody else's. That one sends the part again and dies without a word. Back
// in office, the first node must not believe what it remembers.
func TestMemoryYieldsToALaterMark(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]bool{
		"of a part that was sent": false,
		"of one that was not":     true,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = false
			var refuses atomic.Bool
			refuses.Store(refused)
			b.platform.fail = func(platform.Part, int) error {
				if refuses.Load() {
					return hiccup()
				}
				return nil
			}
			entered, letGo := b.platform.stall(t, "hello")
			w := newRecorder()
			list := b.say("c", "k", "hello", "on_unknown", "resend")
			const long = 9 * time.Second // n1 asks for the lease each third of it, and when it is announced
			proxy := redistest.NewProxy(t, b.server)
			b.consumer("n1", watched(w, long), proxied(t, proxy))
			<-entered
			await(t, w.roles, RoleActive)
			b.seize()
			letGo()
			await(t, w.roles, RoleStandby)
			refuses.Store(false)
			proxy.Blackhole() // n1 does not ask before n2
			b.vacate()
			took := make(chan struct{})
			second := b.consumer("n2", watched(newRecorder(), long), func(c *Config) {
				c.Adapter = deafAdapter{fakeAdapter{b.platform}, sync.OnceFunc(func() { close(took) })}
			})
			<-took
			crash(second)
			b.vacate()
			b.announce()
			proxy.Heal()
			r := b.receipt(list)
			if n := strings.Count(b.platform.seen("c"), "hello"); n < 2 || !r.PossibleDuplicate {
				t.Errorf("accepted %d times; receipt %+v", n, r)
			}
		})
	}
}

// deafAdapter never hears an answer about a message.
type deafAdapter struct {
	fakeAdapter
	took func()
}

func (a deafAdapter) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	result, err := a.fakeAdapter.Do(ctx, part)
	if part.Type != envelope.TypeMessage {
		return result, err
	}
	a.took()
	<-ctx.Done()
	return platform.Result{}, lost()
}

// The lease lapses between the platform's answer about a stream's message and
// our record. By the time that the process is back in office, a newer snapshot
// has the claim: the message is not made again, although the platform has no
// key.
func TestMemoryOfAStreamServesTheNextSnapshot(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	board.caps.NativeKey = false
	wire, w := newWire(b), newRecorder()
	settle := wire.hold(b.script("settle"))
	b.consumer("n1", on(board), through(wire), watched(w, 15*time.Second))
	b.snapshot("s", 0, "0")
	<-settle.held // it is made
	await(t, w.roles, RoleActive)
	final := b.snapshot("s", 1, "end", "final", true)
	b.until("the final one is read", func() bool { return b.pending() == 2 })
	b.seize()
	settle.letGo()
	await(t, w.roles, RoleStandby)
	b.vacate()
	b.announce()
	r := b.ends(final, envelope.StatusDelivered)
	if got := board.reads("c"); got != "end" || r.PossibleDuplicate {
		t.Errorf("the channel reads %q; receipt %+v", got, r)
	}
	b.awaitEmpty()
}

func TestMemoryIsOfOneMark(t *testing.T) {
	t.Parallel()
	m := newMemory()
	mine := partName{claim: "claim:k", operation: "1-0", token: "mine", part: 1}
	m.note(mine, knowledge{sent: true, messageID: "m"})
	for _, other := range []partName{
		{"claim:k", "1-0", "another's", 1}, {"claim:k", "1-0", "mine", 0}, {"claim:k", "2-0", "mine", 1}, {"claim:l", "1-0", "mine", 1},
	} {
		if f, ok := m.recall(other); ok {
			t.Errorf("%+v is remembered as %+v", other, f)
		}
	}
	for range 2 { // a tenure that asked may end before it could record it
		if f, ok := m.recall(mine); !ok || !f.sent || f.messageID != "m" {
			t.Errorf("recalled %+v, %v", f, ok)
		}
	}
	m.forget(mine)
	if _, ok := m.recall(mine); ok {
		t.Error("recalled what was forgotten")
	}
}
