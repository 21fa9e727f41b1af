package bus

import (
	"testing"
	"time"
)

// TestSettleKeepsDoubtAndReply: what the claim is told of a doubt stays, and
// an RPC's reply is there for whoever asks again; a parked one that is
// published again may be there already.
func TestSettleKeepsDoubtAndReply(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "marked", "settled", "parked", "dead", "doubtful")
		for i, name := range []string{"marked", "settled", "parked", "dead", "doubtful"} {
			sending(t, s, "t1", s.MessageClaim(name), ids[i])
		}
		marked, settled := s.MessageClaim("marked"), s.MessageClaim("settled")
		mark(t, s, "t1",
			MarkRequest{Key: marked, Entry: ids[0], Step: 2, State: ClaimSending, Parts: 2, Doubt: true},
			MarkRequest{Key: marked, Entry: ids[0], Step: 3, State: ClaimClaimed, Parts: 2})
		if c := readOne(t, s, marked); !c.Doubt || c.Step != 3 {
			t.Errorf("after a mark without it: %+v; want the doubt kept", c)
		}
		settle(t, s, "t1",
			Settlement{Entry: ids[0], Claim: marked, Fate: FateDone, Remember: time.Hour, Part: -1, Reply: []byte(`{"ok":true}`)},
			Settlement{Entry: ids[1], Claim: settled, Fate: FateDone, Remember: time.Hour, Part: -1, Doubt: true})
		if c := readOne(t, s, marked); !c.Doubt || string(c.Reply) != `{"ok":true}` {
			t.Errorf("settled without it: %+v; want the doubt and the reply", c)
		}
		if c := readOne(t, s, settled); !c.Doubt || c.Reply != nil {
			t.Errorf("settled with it: %+v; want the doubt and no reply", c)
		}

		for i, c := range []struct {
			name    string
			fate    Fate
			record  Record
			records string
			doubt   bool
			open    bool
			want    ClaimState
		}{
			{"parked", FateParked, RecordParked, s.Parked(), false, true, ClaimSending},
			{"dead", FateDead, RecordDead, s.Dead(), false, false, ClaimClaimed},
			{"doubtful", FateDead, RecordDead, s.Dead(), true, true, ClaimSending},
		} {
			key := s.MessageClaim(c.name)
			entry, err := ParseID(ids[2+i])
			if err != nil {
				t.Fatal(err)
			}
			settle(t, s, "t1", Settlement{
				Entry: ids[2+i], Claim: key, Fate: c.fate, Remember: time.Hour, Part: -1, Doubt: c.doubt, Open: c.open, Reply: []byte("{}"),
				Record: c.record, Fields: RecordFields(s.Name, entry, key, Letter{Data: []byte("x")}),
			})
			list, err := s.Letters(t.Context(), c.records, "", 1)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Replay(t.Context(), c.records, list[0].ID); err != nil {
				t.Fatal(err)
			}
			if got := readOne(t, s, key); got.Doubt != c.doubt || got.State != c.want || got.Bidden != c.open || got.Reply != nil || got.Step != 1 {
				t.Errorf("%s, published again: %+v; want %s, doubt %v, bidden %v, its step, and no reply", c.name, got, c.want, c.doubt, c.open)
			}
		}
	})
}
