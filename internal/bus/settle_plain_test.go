package bus

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestSettlePlain: of plain entries that are settled together each ends by itself,
// also where some are not as they ought to be, and only those are told of that had
// not ended before.
func TestSettlePlain(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "a", "b", "c", "d")
		var batch []Settlement
		for i, id := range ids {
			q := ClaimRequest{Key: s.MessageClaim(id), Entry: id, Digest: "d", Lane: "l", Send: i != 2} // the third's is the hash
			if _, err := s.claimBatch(t.Context(), "t1", int64(i+1), []ClaimRequest{q}); err != nil {
				t.Fatal(err)
			}
			batch = append(batch, Settlement{
				Entry: id, Claim: q.Key, Fate: FateDone, Remember: time.Hour, Attempts: 1, ID: fmt.Sprint("id ", i),
				Receipt: fmt.Appendf(nil, `{"entry":%d}`, i), Packed: true,
			})
		}
		settle(t, s, "t1", batch[0])
		other := batch[3]
		other.Attempts = 2
		heard := s.bus.client.Subscribe(t.Context(), s.keys.finished)
		defer heard.Close()
		if _, err := heard.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}

		got := settle(t, s, "t1", other, batch[0], batch[1], batch[2])
		for i, already := range []bool{false, true, false, false} {
			if got[i].Already != already {
				t.Errorf("settled together, %d had ended before: %v", i, got[i].Already)
			}
		}
		message, err := heard.ReceiveMessage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if told, want := Receipts(message.Payload), []string{`{"entry":1}`, `{"entry":2}`, `{"entry":3}`}; !slices.Equal(told, want) {
			t.Errorf("told of %q; want %q", told, want)
		}
		for i, id := range ids {
			if c := readOne(t, s, s.MessageClaim(id)); c.State != ClaimDone || c.Entry != id || c.IDs.Of(0) != fmt.Sprint("id ", i) {
				t.Errorf("the claim of %d: %+v", i, c)
			}
		}
		if left := s.bus.client.XLen(t.Context(), s.Name).Val(); left != 0 {
			t.Errorf("%d entries are left", left)
		}
	})
}
