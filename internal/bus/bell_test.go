package bus

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
)

// ringing runs a bell; end ends it and waits for that.
func ringing(t *testing.T, s *Stream) (b *Bell, end func()) {
	t.Helper()
	b = s.NewBell()
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() { b.Run(ctx) })
	end = func() { cancel(); wait.Wait() }
	t.Cleanup(end)
	return b, end
}

// heard waits for a ring after which something new is there, and reads it as
// a reader does.
func heard(t *testing.T, s *Stream, b *Bell, want []ID) {
	t.Helper()
	late := time.After(20 * time.Second)
	in := intake(t, s, "t1")
	var got []ID
	for len(got) < len(want) {
		select {
		case <-b.Ring():
		case <-late:
			t.Fatalf("it did not ring for %v; read so far: %v", want, got)
		}
		if messages, err := in.Read(t.Context(), 9); err == nil && len(messages) > 0 {
			for _, m := range messages {
				got = append(got, m.ID)
			}
			b.Seen(got[len(got)-1])
		}
	}
	equal(t, "read at the ring", got, want)
}

func TestBellRings(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		before := publish(t, s, "before")
		b, _ := ringing(t, s)
		heard(t, s, b, before)
		for _, data := range []string{"one", "two", "three"} {
			begun := time.Now()
			heard(t, s, b, publish(t, s, data))
			if took := time.Since(begun); took >= block {
				t.Errorf("it rang for %s after %v, as the end of a block does anyway", data, took)
			}
		}
	})
}

// TestBellDoesNotRingInALoop: an entry that the reader does not read, as when
// it is held up, rings once a block, not all the time.
func TestBellDoesNotRingInALoop(t *testing.T) {
	t.Parallel()
	s := openStream(t, redistest.Start(t).URL())
	publish(t, s, "x")
	b, _ := ringing(t, s)
	<-b.Ring()
	begun := time.Now()
	<-b.Ring()
	if again := time.Since(begun); again < block/2 {
		t.Errorf("it rang again after %v; want about %v", again, block)
	}
}

func TestBellOutlivesARestart(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := openStream(t, server.URL())
	hold(t, s, "t1")
	b, _ := ringing(t, s)
	heard(t, s, b, publish(t, s, "before"))
	server.Restart()
	hold(t, s, "t1")
	b.Seen(ID{})
	heard(t, s, b, publish(t, s, "after"))
}

// told is a log that tells of its lines.
type told struct {
	slog.Handler
	lines chan string
}

func (h *told) Enabled(context.Context, slog.Level) bool { return true }

func (h *told) Handle(_ context.Context, r slog.Record) error {
	select {
	case h.lines <- r.Message:
	default:
	}
	return nil
}

// TestBellWatchdog: a connection that stays open and does not answer is given
// up after three blocks, and the next one rings.
func TestBellWatchdog(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server)
	log := &told{slog.DiscardHandler, make(chan string, 9)}
	direct := openStream(t, server.URL())
	s := openStream(t, proxy.URL())
	s.bus.log = slog.New(log)
	hold(t, s, "t1")
	b, _ := ringing(t, s)
	heard(t, s, b, publish(t, direct, "before"))
	proxy.Blackhole()
	begun := time.Now()
	select {
	case line := <-log.lines:
		equal(t, "said", line, "the blocking read is stuck; connecting anew")
	case <-time.After(5 * block):
		t.Fatal("nothing was noticed")
	}
	if took := time.Since(begun); took < block || took > 4*block {
		t.Errorf("noticed after %v; want three blocks, %v, less what had passed of the first", took, 3*block)
	}
	proxy.Heal()
	heard(t, s, b, publish(t, direct, "after"))
}

// TestBellEndsAtOnce: it does not wait for the block under way.
func TestBellEndsAtOnce(t *testing.T) {
	t.Parallel()
	for name, stuck := range map[string]bool{"in a block": false, "on a connection that does not answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			proxy := redistest.NewProxy(t, server)
			s := openStream(t, proxy.URL())
			hold(t, s, "t1")
			_, end := ringing(t, s)
			until(t, "it blocks", func() bool {
				return blocked(t, server) == 1
			})
			if stuck {
				proxy.Blackhole()
			}
			begun := time.Now()
			end()
			if took := time.Since(begun); took > block/2 {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// blocked is how many clients wait in a blocking read.
func blocked(t *testing.T, server *redistest.Server) int {
	t.Helper()
	text, err := server.Client().Info(t.Context(), "clients").Result()
	if err != nil {
		t.Fatal(err)
	}
	if readInfo(text)["blocked_clients"] == "1" {
		return 1
	}
	return 0
}
