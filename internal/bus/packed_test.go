package bus

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/posternhq/postern/internal/redistest"
)

// TestPackedClaims: whether a claim is a string or the hash shows nowhere. Of two
// messages one is taken and marked with one call, which makes it the string, the
// other with two; whatever is done to both then, their claims say the same.
func TestPackedClaims(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		pairs, calls := 0, int64(0)
		rapid.Check(t, func(rt *rapid.T) {
			pairs++
			word := rapid.StringMatching(`[a-z0-9 \n%-]{0,9}`)
			p := &packedPair{Stream: s, rt: rt, lane: word.Draw(rt, "lane"), calls: &calls}
			p.own("t1")
			for i := range p.keys {
				p.keys[i] = s.MessageClaim(fmt.Sprintf("%d-%d", pairs, i))
				p.entries[i] = fmt.Sprintf("%d-%d", pairs, i)
			}
			p.begin()
			p.same("begun")
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				p.step(word)
			}
		})
	})
}

type packedPair struct {
	*Stream
	rt            *rapid.T
	token, lane   string
	keys, entries [2]string
	calls         *int64
}

// each does the same for both.
func (p *packedPair) each(do func(i int) error) {
	for i := range p.keys {
		if err := do(i); err != nil {
			p.rt.Fatal(err)
		}
	}
}

func (p *packedPair) asks(q ClaimRequest) error {
	*p.calls++
	_, err := p.claimBatch(p.rt.Context(), p.token, *p.calls, []ClaimRequest{q})
	return err
}

// own has another owner go on.
func (p *packedPair) own(token string) {
	p.token = token
	if err := p.bus.client.HSet(p.rt.Context(), p.Stream.keys.lease, "token", token).Err(); err != nil {
		p.rt.Fatal(err)
	}
}

func (p *packedPair) begin() {
	p.each(func(i int) error {
		q := ClaimRequest{Key: p.keys[i], Entry: p.entries[i], Digest: "2:ab", Lane: p.lane, Send: i == 0}
		if err := p.asks(q); err != nil || q.Send {
			return err
		}
		return p.marks(i, MarkRequest{Step: 1, State: ClaimSending, Attempts: 1})
	})
	ctx, client := p.rt.Context(), p.bus.client
	if a, b := client.Type(ctx, p.keys[0]).Val(), client.Type(ctx, p.keys[1]).Val(); a != "string" || b != "hash" {
		p.rt.Fatalf("begun, they are a %s and a %s", a, b)
	}
}

func (p *packedPair) marks(i int, q MarkRequest) error {
	q.Key, q.Entry, q.Parts = p.keys[i], p.entries[i], 1
	_, err := p.markBatch(p.rt.Context(), p.token, []MarkRequest{q})
	return err
}

// step does one thing of all that may be done to a claim.
func (p *packedPair) step(word *rapid.Generator[string]) {
	ctx := p.rt.Context()
	yes := rapid.Bool()
	switch what := rapid.SampledFrom([]string{"ask", "other", "owner", "mark", "settle", "settle", "retarget", "replay", "drop"}).Draw(p.rt, "step"); what {
	case "ask":
		p.each(func(i int) error {
			return p.asks(ClaimRequest{Key: p.keys[i], Entry: p.entries[i], Digest: "2:ab", Lane: p.lane})
		})
		p.same(what)
	case "other":
		send := yes.Draw(p.rt, "send")
		p.each(func(i int) error {
			return p.asks(ClaimRequest{Key: p.keys[i], Entry: "9-9", Digest: "2:ab", Lane: p.lane, Send: send})
		})
		p.same(what)
	case "owner":
		p.own(rapid.SampledFrom([]string{"t1", "t2"}).Draw(p.rt, "token"))
	case "mark":
		q := MarkRequest{
			Step: rapid.IntRange(1, 3).Draw(p.rt, "step"), Attempts: 2, Rest: yes.Draw(p.rt, "rest"), Doubt: yes.Draw(p.rt, "doubt"),
			State: rapid.SampledFrom([]ClaimState{ClaimClaimed, ClaimSending}).Draw(p.rt, "state"),
		}
		p.each(func(i int) error { return p.marks(i, q) })
		p.same(what)
	case "settle":
		q := Settlement{
			Fate:     rapid.SampledFrom([]Fate{FateDone, FateDone, FateDone, FateDelete, FateDead, FateParked, FateKeep}).Draw(p.rt, "fate"),
			Remember: time.Hour, Attempts: 1, Part: -1, Doubt: yes.Draw(p.rt, "doubt"), Receipt: []byte("{}"),
		}
		if q.Fate == FateDead || q.Fate == FateParked {
			q.Error, q.Open = []byte(`{"code":"internal"}`), yes.Draw(p.rt, "open")
		} else if yes.Draw(p.rt, "brings an id") {
			q.Part, q.ID = 0, word.Draw(p.rt, "id")
		}
		packed := yes.Draw(p.rt, "packed") // who settles may be wrong
		p.each(func(i int) error {
			q.Entry, q.Claim, q.Packed = p.entries[i], p.keys[i], packed
			_, err := p.settleBatch(ctx, p.token, time.Hour, []Settlement{q})
			return err
		})
		p.same(what)
	case "retarget":
		id := word.Draw(p.rt, "id")
		p.each(func(i int) error { return p.Retarget(ctx, p.token, p.keys[i], 0, id) })
		p.same(what)
	case "replay", "drop": // a record of the entry's, whatever became of it
		p.each(func(i int) error {
			id, err := ParseID(p.entries[i])
			if err != nil {
				return err
			}
			fields := RecordFields(p.Name, id, p.keys[i], Letter{Data: []byte("{}")})
			record, err := p.bus.client.XAdd(ctx, &redis.XAddArgs{Stream: p.Dead(), Values: fields}).Result()
			if err != nil {
				return err
			}
			if what == "drop" {
				return p.Drop(ctx, p.Dead(), record)
			}
			if id, err := p.Stream.Replay(ctx, p.Dead(), record); err == nil {
				p.entries[i] = id
			}
			return nil
		})
		p.same(what)
	}
}

// same holds that the two claims say the same but for the entry, and end at the
// same time.
func (p *packedPair) same(when string) {
	claims, err := p.Claims(p.rt.Context(), p.keys[:])
	if err != nil {
		p.rt.Fatal(err)
	}
	for i := range claims {
		if claims[i].Entry == p.entries[i] {
			claims[i].Entry = "its own"
		}
		if !claims[i].StartedAt.IsZero() {
			claims[i].StartedAt = time.Unix(1, 0)
		}
	}
	if a, b := fmt.Sprintf("%+v", claims[0]), fmt.Sprintf("%+v", claims[1]); a != b {
		p.rt.Fatalf("after %s they differ:\n%s\n%s", when, a, b)
	}
	var ttl [2]time.Duration
	for i, key := range p.keys {
		ttl[i] = p.bus.client.PTTL(p.rt.Context(), key).Val().Round(time.Minute)
	}
	if ttl[0] != ttl[1] {
		p.rt.Fatalf("after %s they end in %v", when, ttl)
	}
}

// TestPackedLongLane: a lane is as long as its worker writes it.
func TestPackedLongLane(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		key, lane := s.MessageClaim("x"), strings.Repeat("x", 1<<20)
		q := ClaimRequest{Key: key, Entry: "1-0", Digest: "d", Lane: lane, Send: true}
		if _, err := s.claimBatch(t.Context(), "t1", 1, []ClaimRequest{q}); err != nil {
			t.Fatal(err)
		}
		if got := readOne(t, s, key); got.Lane != lane || got.State != ClaimSending {
			t.Errorf("taken: %s, a lane of %d bytes", got.State, len(got.Lane))
		}
		settle(t, s, "t1", Settlement{Entry: "1-0", Claim: key, Fate: FateDone, Remember: time.Hour, Attempts: 1, ID: "1", Packed: true})
		if got := readOne(t, s, key); got.Lane != lane || got.State != ClaimDone {
			t.Errorf("settled: %s, a lane of %d bytes", got.State, len(got.Lane))
		}
	})
}

// TestClaimsRaiseNoErrors: Redis counts each command that fails, and people have
// alarms on that. What is usual is none.
func TestClaimsRaiseNoErrors(t *testing.T) {
	t.Parallel()
	s := openStream(t, redistest.Start(t).URL())
	hold(t, s, "t1")
	for number, parts := range []int{1, 2} {
		entry, key := taken(t, s, "x")[0], s.MessageClaim(fmt.Sprint(parts))
		q := ClaimRequest{Key: key, Entry: entry, Digest: "d", Lane: "l", Send: parts == 1}
		claimed := func() {
			t.Helper()
			if _, err := s.claimBatch(t.Context(), "t1", int64(number+1), []ClaimRequest{q}); err != nil {
				t.Fatal(err)
			}
		}
		claimed()
		for part := range parts {
			if parts > 1 {
				mark(t, s, "t1", MarkRequest{Key: key, Entry: entry, Step: part + 1, State: ClaimSending, Part: part, Parts: parts, Recorded: part > 0})
			}
		}
		readOne(t, s, key)
		settle(t, s, "t1", Settlement{
			Entry: entry, Claim: key, Fate: FateDone, Remember: time.Hour, Attempts: 1, Part: parts - 1, ID: "1",
			Receipt: []byte("{}"), Packed: parts == 1,
		})
		q.Entry = "9-9" // published once more
		claimed()
		if got := readOne(t, s, key); got.State != ClaimDone {
			t.Errorf("of %d parts it is %s", parts, got.State)
		}
		if err := s.Retarget(t.Context(), "t1", key, 0, "2"); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(s.bus.client.Info(t.Context(), "errorstats").Val()) {
		if strings.Contains(line, "WRONGTYPE") {
			t.Error(line)
		}
	}
}
