package bus

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/redistest"
)

// exhaust makes a records' stream that no entry can be added to: its last id
// is the last there is.
func exhaust(t *testing.T, s *Stream, key string) {
	t.Helper()
	if err := s.bus.client.XAdd(t.Context(), &redis.XAddArgs{
		Stream: key, ID: "18446744073709551615-18446744073709551615", Values: []string{"data", "last"},
	}).Err(); err != nil {
		t.Fatalf("XADD: %v", err)
	}
}

// TestSettleRefusedRecord: where no record can be written, the entry stays as
// it was, in the stream, pending, and claimed, and the error says which key is
// in the way.
func TestSettleRefusedRecord(t *testing.T) {
	t.Parallel()
	refusedRecord := func(t *testing.T, s *Stream, spoil func(*testing.T, *Stream, string), says string) {
		ids := taken(t, s, "dies", "parks")
		for i, c := range []struct {
			record    Record
			fate      Fate
			key, free string
		}{
			{RecordDead, FateDead, s.Dead(), s.Parked()},
			{RecordParked, FateParked, s.Parked(), s.Dead()},
		} {
			claimed := s.MessageClaim(ids[i])
			sending(t, s, "t1", claimed, ids[i])
			spoil(t, s, c.key)
			q := Settlement{
				Entry: ids[i], Claim: claimed, Fate: c.fate, Remember: time.Hour, Part: -1, Receipt: []byte("{}"),
				Record: c.record, Fields: []string{"data", "x"}, Pushes: []Push{{List: "receipts", Bytes: []byte("r"), Expires: time.Hour}},
			}
			before := snapshot(t, s)
			_, err := s.settleBatch(t.Context(), "t1", retention, []Settlement{q})
			if !refused(err) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), c.key) {
				t.Errorf("%v; want Redis' own error with %q and the key %s", err, says, c.key)
			}
			unchanged(t, s, before)
			if err := s.bus.client.Del(t.Context(), c.key).Err(); err != nil {
				t.Fatal(err)
			}
			spoil(t, s, c.free) // the key of the records that this is none of is not in the way
			equal(t, "once it is out of the way", settle(t, s, "t1", q), []Settled{{}})
			if err := s.bus.client.Del(t.Context(), c.free).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Run("a key that is no stream", func(t *testing.T) {
		t.Parallel()
		both(t, func(t *testing.T, s *Stream) { refusedRecord(t, s, spoil, "WRONGTYPE") })
	})
	t.Run("a stream without another id", func(t *testing.T) {
		t.Parallel()
		refusedRecord(t, openStream(t, redistest.Start(t).URL()), exhaust, "exhausted")
	})
}

// TestSettleAroundARefusedRecord: it holds up nobody, whatever stands before
// and behind it in its batch.
func TestSettleAroundARefusedRecord(t *testing.T) {
	t.Parallel()
	s := openStream(t, redistest.Start(t).URL())
	const entries, dies = 40, 7
	ids := taken(t, s, make([]string, entries)...)
	exhaust(t, s, s.Dead())
	end := func(i int) Settlement {
		key := s.MessageClaim(fmt.Sprint(i))
		q := Settlement{Entry: ids[i], Claim: key, Fate: FateDone, Remember: time.Hour, Part: -1}
		if i == dies {
			q.Fate, q.Record, q.Fields = FateDead, RecordDead, []string{"data", "x"}
		}
		return q
	}
	for i, id := range ids {
		sending(t, s, "t1", s.MessageClaim(fmt.Sprint(i)), id)
	}
	if _, err := s.settleBatch(t.Context(), "t1", retention, []Settlement{end(dies - 1), end(dies), end(dies + 1)}); !refused(err) {
		t.Errorf("a batch with it: %v; want it refused", err)
	}
	equal(t, "before it", readOne(t, s, s.MessageClaim(fmt.Sprint(dies-1))).State, ClaimDone)
	equal(t, "behind it", readOne(t, s, s.MessageClaim(fmt.Sprint(dies+1))).State, ClaimSending)

	l := serve(t, s, "t1")
	var wait sync.WaitGroup
	for i := range ids {
		wait.Go(func() {
			if _, err := l.Settle(end(i)); refused(err) != (i == dies) || err != nil && i != dies {
				t.Errorf("settle %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	equal(t, "pending", pending(t, s), []string{ids[dies] + " a"})
	equal(t, "left in the stream", s.bus.client.XLen(t.Context(), s.Name).Val(), int64(1))
	equal(t, "its claim", readOne(t, s, s.MessageClaim(fmt.Sprint(dies))).State, ClaimSending)
}

// TestSettleRecordsWhatIsGone: an entry that was trimmed since it was read has
// its record all the same, once, though it never had a claim. Real Redis only:
// the embedded one forgets such entries.
func TestSettleRecordsWhatIsGone(t *testing.T) {
	t.Parallel()
	s := openStream(t, redistest.Start(t).URL())
	entry := taken(t, s, "x")[0]
	if err := s.bus.client.XTrimMaxLen(t.Context(), s.Name, 0).Err(); err != nil {
		t.Fatal(err)
	}
	q := Settlement{Entry: entry, Fate: FateKeep, Part: -1, Record: RecordDead, Fields: []string{"data", "x"}}
	equal(t, "settled", settle(t, s, "t1", q), []Settled{{}})
	equal(t, "sent again", settle(t, s, "t1", q), []Settled{{Already: true}})
	equal(t, "records", s.bus.client.XLen(t.Context(), s.Dead()).Val(), int64(1))
	equal(t, "pending", pending(t, s), []string(nil))
}

// TestSettleKeepsForEver: a retention that reaches back before Redis' first
// day is no error.
func TestSettleKeepsForEver(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		q := Settlement{Entry: taken(t, s, "x")[0], Fate: FateKeep, Part: -1, Record: RecordDead, Fields: []string{"data", "x"}}
		out, err := s.settleBatch(t.Context(), "t1", 200*365*24*time.Hour, []Settlement{q})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "settled", out, []Settled{{}})
	})
}

// TestSettleWithoutItsStream: where the stream's key holds something else, no
// entry can be freed. So nothing is changed: a claim that had ended, or gone,
// would have its message sent once more.
func TestSettleWithoutItsStream(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		entry := taken(t, s, "x")[0]
		key := s.EntryClaim(entry)
		sending(t, s, "t1", key, entry)
		spoil(t, s, s.Name)
		before := snapshot(t, s)
		q := Settlement{
			Entry: entry, Claim: key, Fate: FateDelete, Part: 0, ID: "id", Receipt: []byte("{}"),
			Pushes: []Push{{List: "receipts", Bytes: []byte("r"), Expires: time.Hour}},
		}
		if _, err := s.settleBatch(t.Context(), "t1", retention, []Settlement{q}); !refused(err) || !strings.Contains(err.Error(), "WRONGTYPE") {
			t.Errorf("%v; want Redis' own error", err)
		}
		unchanged(t, s, before)
	})
}
