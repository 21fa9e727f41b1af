package bus

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/redistest"
)

// retention of records in these tests.
const retention = time.Hour

func settle(t *testing.T, s *Stream, token string, batch ...Settlement) []Settled {
	t.Helper()
	out, err := s.settleBatch(t.Context(), token, retention, batch)
	if err != nil {
		t.Fatalf("settle: %v", err)
	}
	return out
}

// taken publishes entries and reads them under t1.
func taken(t *testing.T, s *Stream, data ...string) []string {
	t.Helper()
	hold(t, s, "t1")
	publish(t, s, data...)
	var ids []string
	for _, id := range read(t, s, "t1", len(data)) {
		ids = append(ids, id.String())
	}
	return ids
}

// TestSettleFates: the entry goes in any case; what becomes of its claim.
func TestSettleFates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fate    Fate
		want    ClaimState
		plan    bool // a message that is all there needs none any more
		expires bool
	}{
		{FateKeep, ClaimSending, true, false},
		{FateDelete, ClaimFree, false, false},
		{FateDone, ClaimDone, false, true},
		{FateDead, ClaimDead, true, true},
		{FateParked, ClaimParked, true, true},
	} {
		t.Run(string(c.fate), func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, s *Stream) {
				entry, key := taken(t, s, "x")[0], s.MessageClaim("x")
				sending(t, s, "t1", key, entry)
				mark(t, s, "t1", MarkRequest{Key: key, Entry: entry, Step: 2, State: ClaimSending, Part: 1, Parts: 2, Recorded: true, Before: "id of the first"})
				heard := listen(t, s, FinishedChannel(s.Name))
				q := Settlement{
					Entry: entry, Claim: key, Fate: c.fate, Remember: time.Minute, Attempts: 7,
					Part: 1, ID: "id of the second", Error: []byte(`{"code":"c"}`), Receipt: []byte(`{"a":1}`),
				}
				equal(t, "settled", settle(t, s, "t1", q), []Settled{{}})
				before := snapshot(t, s)
				equal(t, "sent again", settle(t, s, "t1", q), []Settled{{Already: true}})
				unchanged(t, s, before)

				equal(t, "receipts published", heard(), []string{`{"a":1}`})
				equal(t, "pending", pending(t, s), []string(nil))
				if n := s.bus.client.XLen(t.Context(), s.Name).Val(); n != 0 {
					t.Errorf("%d entries in the stream; want none", n)
				}
				got := readOne(t, s, key)
				equal(t, "state", got.State, c.want)
				equal(t, "has a plan", got.Plan != nil, c.plan)
				if c.expires {
					expires(t, s, key, time.Minute)
					equal(t, "error", string(got.Error), `{"code":"c"}`)
					equal(t, "ids", got.IDs, PartIDs{{0, "id of the first"}, {1, "id of the second"}})
					equal(t, "attempts", got.Attempts, 7)
				} else if ttl := s.bus.client.PTTL(t.Context(), key).Val(); ttl > 0 {
					t.Errorf("the claim expires in %v; want never", ttl)
				}
			})
		})
	}
}

func TestSettleRecords(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "dies", "parks")
		dead := []string{"code", "invalid", "data", "dies"}
		parked := []string{"data", "parks", "message_ids", "a b"}
		batch := []Settlement{
			{Entry: ids[0], Fate: FateKeep, Part: -1, Record: RecordDead, Fields: dead},
			{Entry: ids[1], Fate: FateKeep, Part: -1, Record: RecordParked, Fields: parked},
		}
		for range 2 {
			settle(t, s, "t1", batch...)
			for key, want := range map[string]map[string]any{
				s.Dead():   {"code": "invalid", "data": "dies"},
				s.Parked(): {"data": "parks", "message_ids": "a b"},
			} {
				records, err := s.bus.client.XRange(t.Context(), key, "-", "+").Result()
				if err != nil || len(records) != 1 {
					t.Fatalf("%s: %v, %v; want one record", key, records, err)
				}
				equal(t, key, records[0].Values, want)
			}
		}
	})
}

// TestSettleTrimsRecords: what is older than the retention goes as new
// records are written, a whole node of the stream with each and no more: Redis'
// clock may be wrong.
func TestSettleTrimsRecords(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		const old = 250
		pipe := s.bus.client.Pipeline()
		for n := range old {
			pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: s.Dead(), ID: fmt.Sprintf("1000-%d", n+1), Values: []string{"data", "old"}})
		}
		if _, err := pipe.Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, entry := range taken(t, s, "1", "2", "3", "4") {
			settle(t, s, "t1", Settlement{Entry: entry, Fate: FateKeep, Part: -1, Record: RecordDead, Fields: []string{"data", "new"}})
			least := []int64{151, 52, 53, 54}[i]
			if s.bus.embedded != nil { // which takes all that are too old
				least = int64(i) + 1
			}
			if n := s.bus.client.XLen(t.Context(), s.Dead()).Val(); n != least {
				t.Errorf("%d records after %d new ones; want %d", n, i+1, least)
			}
		}
		last, err := s.bus.client.XRevRangeN(t.Context(), s.Dead(), "+", "-", 1).Result()
		if err != nil || last[0].Values["data"] != "new" {
			t.Errorf("the last record is %v, %v", last, err)
		}
	})
}

func TestSettlePushes(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "1", "2")
		list, foreign := s.Name+":receipts", s.Name+":foreign"
		spoil(t, s, foreign)
		q := Settlement{Entry: ids[0], Fate: FateKeep, Part: -1, Pushes: []Push{
			{List: list, Bytes: []byte("one"), Expires: time.Minute},
			{List: foreign, Bytes: []byte("lost"), Expires: time.Minute},
			{List: list, Bytes: []byte{0xff, 0}, Expires: time.Hour},
		}}
		equal(t, "settled", settle(t, s, "t1", q), []Settled{{Foreign: 1}})
		equal(t, "sent again", settle(t, s, "t1", q), []Settled{{Already: true}})
		q.Entry = ids[1]
		q.Pushes = []Push{{List: list, Bytes: []byte("two"), Expires: time.Hour}}
		settle(t, s, "t1", q)
		equal(t, "list", s.bus.client.LRange(t.Context(), list, 0, -1).Val(), []string{"one", "\xff\x00", "two"})
		equal(t, "foreign key", s.bus.client.Get(t.Context(), foreign).Val(), "somebody else's")
		expires(t, s, list, time.Minute) // as the first push had it
	})
}

// TestSettlePushCap: a reader who does not read loses the oldest.
func TestSettlePushCap(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		entry, list := taken(t, s, "x")[0], s.Name+":receipts"
		old := make([]any, listCap)
		for i := range old {
			old[i] = i
		}
		if err := s.bus.client.RPush(t.Context(), list, old...).Err(); err != nil {
			t.Fatal(err)
		}
		settle(t, s, "t1", Settlement{
			Entry: entry, Fate: FateKeep, Part: -1,
			Pushes: []Push{{List: list, Bytes: []byte("newest"), Expires: time.Minute}},
		})
		equal(t, "length", s.bus.client.LLen(t.Context(), list).Val(), int64(listCap))
		equal(t, "oldest", s.bus.client.LIndex(t.Context(), list, 0).Val(), "1")
		equal(t, "newest", s.bus.client.LIndex(t.Context(), list, -1).Val(), "newest")
	})
}

// TestSettleBatch: answers in order; one that is finished, or whose claim is
// not its own, does not touch the others.
func TestSettleBatch(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "1", "2", "3", "4")
		theirs, foreign, mine := s.MessageClaim("theirs"), s.MessageClaim("foreign"), s.MessageClaim("mine")
		sending(t, s, "t1", theirs, "1-0")
		spoil(t, s, foreign)
		sending(t, s, "t1", mine, ids[3])
		end := func(entry, key string) Settlement {
			return Settlement{Entry: entry, Claim: key, Fate: FateDone, Remember: time.Hour, Part: -1, Record: RecordDead, Fields: []string{"entry", entry}}
		}
		settle(t, s, "t1", Settlement{Entry: ids[1], Fate: FateKeep, Part: -1})
		claims := snapshot(t, s)
		got := settle(t, s, "t1", end(ids[0], theirs), end(ids[1], ""), end(ids[2], foreign), end(ids[3], mine))
		equal(t, "settled", got, []Settled{{}, {Already: true}, {}, {}})
		after := snapshot(t, s)
		equal(t, "another entry's claim", after[theirs], claims[theirs])
		equal(t, "a key that is no claim", after[foreign], claims[foreign])
		equal(t, "its own claim", readOne(t, s, mine).State, ClaimDone)
		equal(t, "records", s.bus.client.XLen(t.Context(), s.Dead()).Val(), int64(3))
		equal(t, "pending", pending(t, s), []string(nil))
	})
}

// TestSettleWhatIsGone: an entry that somebody trimmed is still finished if
// its claim is open.
func TestSettleWhatIsGone(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		entry, key := taken(t, s, "x")[0], s.MessageClaim("x")
		sending(t, s, "t1", key, entry)
		if err := s.bus.client.Del(t.Context(), s.Name).Err(); err != nil {
			t.Fatal(err)
		}
		q := Settlement{
			Entry: entry, Claim: key, Fate: FateDone, Remember: time.Hour, Part: -1,
			Pushes: []Push{{List: "receipts", Bytes: []byte("r"), Expires: time.Hour}},
		}
		equal(t, "settled", settle(t, s, "t1", q), []Settled{{}})
		equal(t, "sent again", settle(t, s, "t1", q), []Settled{{Already: true}})
		equal(t, "claim", readOne(t, s, key).State, ClaimDone)
		equal(t, "receipts", s.bus.client.LLen(t.Context(), "receipts").Val(), int64(1))
	})
}

func TestSettleWhenTheReplyIsLost(t *testing.T) {
	t.Parallel()
	s, proxy := lossy(t)
	entry, key := taken(t, s, "x")[0], s.MessageClaim("x")
	sending(t, s, "t1", key, entry)
	q := Settlement{
		Entry: entry, Claim: key, Fate: FateDead, Remember: time.Hour, Part: -1, Receipt: []byte("{}"),
		Record: RecordDead, Fields: []string{"data", "x"}, Pushes: []Push{{List: "receipts", Bytes: []byte("r"), Expires: time.Hour}},
	}
	proxy.DropReply(1)
	if _, err := s.settleBatch(t.Context(), "t1", retention, []Settlement{q}); err == nil {
		t.Fatal("the reply arrived")
	}
	before := snapshot(t, s)
	equal(t, "sent again", settle(t, s, "t1", q), []Settled{{Already: true}})
	unchanged(t, s, before)
	equal(t, "receipts", s.bus.client.LLen(t.Context(), "receipts").Val(), int64(1))
	equal(t, "records", s.bus.client.XLen(t.Context(), s.Dead()).Val(), int64(1))
}

// TestFullRedisDrains: what is there is read, claimed, marked and finished,
// while nothing new is taken.
func TestFullRedisDrains(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := openStream(t, server.URL())
	hold(t, s, "t1")
	entry := publish(t, s, "x")[0].String()
	server.Config("maxmemory", "1")
	if err := s.bus.client.XAdd(t.Context(), &redis.XAddArgs{Stream: s.Name, Values: []string{"data", "y"}}).Err(); err == nil || !strings.HasPrefix(err.Error(), "OOM") {
		t.Fatalf("XADD to a full Redis: %v; want OOM", err)
	}
	read(t, s, "t1", 9)
	if _, err := intake(t, s, "t1").ClaimPending(t.Context(), "0-0", 0, 9); err != nil {
		t.Errorf("ClaimPending: %v", err)
	}
	key := s.MessageClaim("x")
	sending(t, s, "t1", key, entry)
	equal(t, "settled", settle(t, s, "t1", Settlement{
		Entry: entry, Claim: key, Fate: FateDead, Remember: time.Hour, Part: -1,
		Record: RecordDead, Fields: []string{"data", "x"}, Pushes: []Push{{List: "receipts", Bytes: []byte("r"), Expires: time.Hour}},
	}), []Settled{{}})
	equal(t, "records", s.bus.client.XLen(t.Context(), s.Dead()).Val(), int64(1))
	if _, err := s.Forget(t.Context(), "t1", []ID{{MS: 1}}); err != nil {
		t.Errorf("Forget: %v", err)
	}
}
