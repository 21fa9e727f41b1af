package bus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// serve runs a ledger until the test ends.
func serve(t *testing.T, s *Stream, token string) *Ledger {
	t.Helper()
	l := s.NewLedger(token, retention)
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() { l.Run(ctx) })
	t.Cleanup(func() { cancel(); wait.Wait() })
	return l
}

// TestLedgerOverLostReplies: entries go their way side by side while one
// reply after the other is lost; each still ends once.
func TestLedgerOverLostReplies(t *testing.T) {
	t.Parallel()
	s, proxy := lossy(t)
	const entries = 150
	ids := taken(t, s, make([]string, entries)...)
	l := serve(t, s, "t1")

	ctx, quiet := context.WithCancel(t.Context())
	var losing sync.WaitGroup
	losses := 0
	next := proxy.DropReply(1) // at least the first
	losing.Go(func() {
		for ; ; next = proxy.DropReply(1 + rand.IntN(8)) {
			select {
			case <-next:
				losses++
			case <-ctx.Done():
				return
			}
		}
	})
	var wait sync.WaitGroup
	for i, id := range ids {
		wait.Go(func() {
			key := s.MessageClaim(id)
			c, err := l.Claim(t.Context(), ClaimRequest{Key: key, Entry: id, Digest: "d", Lane: "l"})
			if err != nil || c.Claim.Entry != id || c.Claim.State != ClaimClaimed {
				t.Errorf("claim %d: %+v, %v", i, c, err)
			}
			m, err := l.Mark(t.Context(), MarkRequest{Key: key, Entry: id, State: ClaimSending, Parts: 1, Attempts: 1})
			if err != nil || !m.Held {
				t.Errorf("mark %d: %+v, %v", i, m, err)
			}
			if _, err := l.Settle(Settlement{
				Entry: id, Claim: key, Fate: FateDone, Remember: time.Hour, ID: "id",
				Record: RecordDead, Fields: []string{"entry", id},
				Pushes: []Push{{List: "receipt:" + id, Bytes: []byte(id), Expires: time.Hour}},
			}); err != nil {
				t.Errorf("settle %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	quiet()
	losing.Wait()
	if losses == 0 {
		t.Error("no reply was lost")
	}

	proxy.DropReply(1 << 30)
	equal(t, "records", s.bus.client.XLen(t.Context(), s.Dead()).Val(), int64(entries))
	equal(t, "left in the stream", s.bus.client.XLen(t.Context(), s.Name).Val(), int64(0))
	equal(t, "pending", pending(t, s), []string(nil))
	for _, id := range ids {
		equal(t, "receipts of "+id, s.bus.client.LRange(t.Context(), "receipt:"+id, 0, -1).Val(), []string{id})
		if c := readOne(t, s, s.MessageClaim(id)); c.State != ClaimDone || c.Takeovers != 0 || fmt.Sprint(c.MessageIDs()) != "[id]" {
			t.Errorf("claim of %s: %+v", id, c)
		}
	}
}

func TestLedgerIsFenced(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		l := serve(t, s, "t1")
		hold(t, s, "t2")
		before := snapshot(t, s)
		_, claimed := l.Claim(t.Context(), ClaimRequest{Key: s.MessageClaim("x"), Entry: "1-0"})
		_, marked := l.Mark(t.Context(), MarkRequest{Key: s.MessageClaim("x"), Entry: "1-0"})
		_, settled := l.Settle(Settlement{Entry: "1-0", Fate: FateKeep, Part: -1})
		for _, err := range []error{claimed, marked, settled} {
			if !errors.Is(err, ErrFenced) {
				t.Errorf("%v; want ErrFenced", err)
			}
		}
		unchanged(t, s, before)
	})
}
