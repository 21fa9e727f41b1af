package bus

import (
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
)

// claim sends one batch and returns the claims, without the clock.
func claim(t *testing.T, s *Stream, token string, batch ...ClaimRequest) []Claim {
	t.Helper()
	answers, err := s.claimBatch(t.Context(), token, 0, batch)
	if err != nil {
		t.Fatalf("claim: %v", err)
	}
	var out []Claim
	for _, a := range answers {
		if d := time.Since(a.Now).Abs(); d > time.Minute {
			t.Errorf("Redis' clock is %v, %v from ours", a.Now, d)
		}
		out = append(out, a.Claim)
	}
	return out
}

// sending claims a key for an entry and marks its first part.
func sending(t *testing.T, s *Stream, token, key, entry string) {
	t.Helper()
	claim(t, s, token, ClaimRequest{Key: key, Entry: entry, Digest: "d", Lane: "l"})
	mark(t, s, token, MarkRequest{Key: key, Entry: entry, Step: 1, State: ClaimSending, Parts: 2, Attempts: 1, Plan: []byte("plan")})
}

func TestClaimBatch(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		x, y, foreign := s.MessageClaim("x"), s.MessageClaim("y"), s.MessageClaim("foreign")
		spoil(t, s, foreign)
		batch := []ClaimRequest{
			{Key: x, Entry: "1-0", Digest: "d1", Lane: "l1"},
			{Key: foreign, Entry: "2-0", Digest: "d2"},
			{Key: y, Entry: "3-0", Digest: "d3", Lane: "l3"},
			{Key: x, Entry: "4-0", Digest: "d4"}, // the same key: the first one has it
		}
		first := Claim{State: ClaimClaimed, Entry: "1-0", Owner: "t1", Digest: "d1", Lane: "l1"}
		want := []Claim{
			first,
			{State: ClaimForeign},
			{State: ClaimClaimed, Entry: "3-0", Owner: "t1", Digest: "d3", Lane: "l3"},
			first,
		}
		equal(t, "claims", claim(t, s, "t1", batch...), want)
		before := snapshot(t, s)
		equal(t, "sent again", claim(t, s, "t1", batch...), want)
		unchanged(t, s, before)
		for _, key := range []string{x, y} {
			if ttl := s.bus.client.PTTL(t.Context(), key).Val(); ttl > 0 {
				t.Errorf("%s expires in %v; want never, before its end", key, ttl)
			}
		}
	})
}

// TestClaimAdopts: an entry that comes in the place of one that is gone has
// its unfinished claim, and only that.
func TestClaimAdopts(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		open, ended := s.MessageClaim("open"), s.MessageClaim("ended")
		sending(t, s, "t1", open, "1-0")
		sending(t, s, "t1", ended, "1-0")
		settle(t, s, "t1", Settlement{Entry: "1-0", Claim: ended, Fate: FateDone, Remember: time.Hour, Part: -1})
		adopt := func(key, gone string) string {
			return claim(t, s, "t1", ClaimRequest{Key: key, Entry: "2-0", Adopt: gone})[0].Entry
		}
		equal(t, "of an entry that is not the one gone", adopt(open, "9-0"), "1-0")
		equal(t, "of an ended one", adopt(ended, "1-0"), "1-0")
		equal(t, "of an unfinished one", adopt(open, "1-0"), "2-0")
		before := snapshot(t, s)
		equal(t, "sent again", adopt(open, "1-0"), "2-0")
		unchanged(t, s, before)
	})
}

// TestClaimCountsTakeovers: once for each owner that ended while it sent, until
// a part is recorded. Who finds it and ends before it sends is not counted.
func TestClaimCountsTakeovers(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		key := s.MessageClaim("x")
		hold(t, s, "t1")
		found := func(token string) int {
			t.Helper()
			return claim(t, s, token, ClaimRequest{Key: key, Entry: "1-0"})[0].Takeovers
		}
		equal(t, "taken", found("t1"), 0)
		hold(t, s, "t2")
		equal(t, "found at claimed", found("t2"), 0)
		mark(t, s, "t2", MarkRequest{Key: key, Entry: "1-0", State: ClaimSending, Parts: 2})
		equal(t, "found at sending by its own owner", found("t2"), 0)
		hold(t, s, "t3")
		equal(t, "found at sending by another", found("t3"), 1)
		equal(t, "and again by the same", found("t3"), 1)
		hold(t, s, "t4")
		equal(t, "by a third, where the second sent nothing", found("t4"), 1)
		mark(t, s, "t4", MarkRequest{Key: key, Entry: "1-0", Step: 1, State: ClaimSending, Parts: 2})
		hold(t, s, "t5")
		equal(t, "by the next one, where it did", found("t5"), 2)
		mark(t, s, "t5", MarkRequest{Key: key, Entry: "1-0", Step: 2, State: ClaimSending, Parts: 2})
		mark(t, s, "t5", MarkRequest{Key: key, Entry: "1-0", Step: 3, State: ClaimSending, Parts: 2, Rest: true})
		hold(t, s, "t4")
		equal(t, "at rest", found("t4"), 2)
		if n := claim(t, s, "t4", ClaimRequest{Key: key, Entry: "2-0"})[0].Takeovers; n != 2 {
			t.Errorf("found by another entry: %d; want 2, as it was", n)
		}
		mark(t, s, "t4", MarkRequest{Key: key, Entry: "1-0", Step: 4, State: ClaimSending, Part: 1, Parts: 2, Recorded: true, Before: "id"})
		equal(t, "after a part was recorded", found("t4"), 0)
	})
}

// TestClaimAdoptsOnlyWhatIsGone: while the entry stands, it may still be sent
// under its claim.
func TestClaimAdoptsOnlyWhatIsGone(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		entry, key := taken(t, s, "x")[0], s.MessageClaim("x")
		sending(t, s, "t1", key, entry)
		q := ClaimRequest{Key: key, Entry: "9-0", Adopt: entry}
		before := snapshot(t, s)
		equal(t, "while it stands", claim(t, s, "t1", q)[0].Entry, entry)
		unchanged(t, s, before)
		if err := s.bus.client.XDel(t.Context(), s.Name, entry).Err(); err != nil {
			t.Fatal(err)
		}
		equal(t, "once it is gone", claim(t, s, "t1", q)[0].Entry, "9-0")
	})
}

// TestClaimAtRestCountsNoTakeover: an owner that ended while nothing was being
// sent has not crashed over this entry.
func TestClaimAtRestCountsNoTakeover(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		key := s.MessageClaim("x")
		sending(t, s, "t1", key, "1-0")
		found := func(token string) int {
			t.Helper()
			hold(t, s, token)
			return claim(t, s, token, ClaimRequest{Key: key, Entry: "1-0"})[0].Takeovers
		}
		at := func(token string, step int, rest bool) {
			t.Helper()
			equal(t, "held", mark(t, s, token, MarkRequest{Key: key, Entry: "1-0", Step: step, State: ClaimSending, Parts: 2, Rest: rest}), []bool{true})
		}
		at("t1", 2, true)
		equal(t, "at rest", found("t2"), 0)
		equal(t, "at rest, and left so", found("t3"), 0)
		at("t3", 3, false)
		equal(t, "on its way again", found("t4"), 1)
	})
}

// TestClaimOfAnotherMaking: a hash that is in no state of ours is no claim.
func TestClaimOfAnotherMaking(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		for _, field := range []string{"state", "colour"} {
			key := s.MessageClaim(field)
			if err := s.bus.client.HSet(t.Context(), key, field, "open", "entry", "1-0").Err(); err != nil {
				t.Fatal(err)
			}
			before := snapshot(t, s)
			equal(t, field, claim(t, s, "t1", ClaimRequest{Key: key, Entry: "1-0"})[0].State, ClaimForeign)
			equal(t, field+", looked at", readOne(t, s, key).State, ClaimForeign)
			unchanged(t, s, before)
		}
	})
}

func TestClaimWhenTheReplyIsLost(t *testing.T) {
	t.Parallel()
	s, proxy := lossy(t)
	hold(t, s, "t1")
	q := ClaimRequest{Key: s.MessageClaim("x"), Entry: "1-0", Digest: "d", Lane: "l"}
	proxy.DropReply(1)
	if _, err := s.claimBatch(t.Context(), "t1", 0, []ClaimRequest{q}); err == nil {
		t.Fatal("the reply arrived")
	}
	before := snapshot(t, s)
	equal(t, "sent again", claim(t, s, "t1", q), []Claim{{State: ClaimClaimed, Entry: "1-0", Owner: "t1", Digest: "d", Lane: "l"}})
	unchanged(t, s, before)
}

// TestClaimArrivesLate: a call that was given up for lost, and asked again, may
// be served when its entry has come to its end and its claim is gone. Nobody
// would ever end the one that it takes.
func TestClaimArrivesLate(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		entry := taken(t, s, "x")[0]
		key := s.EntryClaim(entry)
		batch := []ClaimRequest{{Key: key, Entry: entry, Digest: "d", Lane: "l"}}
		ask := func(number int64) error {
			_, err := s.claimBatch(t.Context(), "t1", number, batch)
			return err
		}
		if err := ask(2); err != nil {
			t.Fatal(err)
		}
		settle(t, s, "t1", Settlement{Entry: entry, Claim: key, Fate: FateDelete, Part: -1})
		before := snapshot(t, s)
		if err := ask(1); err == nil || !strings.Contains(err.Error(), "LATE") {
			t.Errorf("an earlier call, late: %v; want it refused", err)
		}
		unchanged(t, s, before)
		hold(t, s, "t2")
		if _, err := s.claimBatch(t.Context(), "t2", 1, batch); err != nil {
			t.Errorf("the first call of another tenure: %v", err)
		}
	})
}

// TestLedgerNumbersItsCalls: one that is asked again counts anew, so that the
// first one is late from then on.
func TestLedgerNumbersItsCalls(t *testing.T) {
	t.Parallel()
	s, proxy := lossy(t)
	hold(t, s, "t1")
	l := serve(t, s, "t1")
	proxy.DropReply(1)
	if _, err := l.Claim(t.Context(), ClaimRequest{Key: s.MessageClaim("x"), Entry: "1-0"}); err != nil {
		t.Fatal(err)
	}
	equal(t, "calls", s.bus.client.HGet(t.Context(), s.keys.lease, "claims").Val(), "2")
}

func TestClaimsReadsAndTakesNothing(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		claim(t, s, "t1", ClaimRequest{Key: s.MessageClaim("x"), Entry: "1-0", Digest: "d", Lane: "l"})
		spoil(t, s, s.MessageClaim("foreign"))
		before := snapshot(t, s)
		got, err := s.Claims(t.Context(), []string{s.MessageClaim("free"), s.MessageClaim("foreign"), s.MessageClaim("x")})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "claims", got, []Claim{
			{},
			{State: ClaimForeign},
			{State: ClaimClaimed, Entry: "1-0", Owner: "t1", Digest: "d", Lane: "l"},
		})
		unchanged(t, s, before)
	})
}

// TestClaimsTellsOfEveryError: a connection that broke must not read as keys that
// are free.
func TestClaimsTellsOfEveryError(t *testing.T) {
	t.Parallel()
	s, proxy := lossy(t)
	spoil(t, s, s.MessageClaim("foreign"))
	keys := []string{s.MessageClaim("foreign"), s.MessageClaim("x")}
	proxy.DropReply(1)
	if got, err := s.Claims(t.Context(), keys); err == nil {
		t.Errorf("a lost reply reads as %+v", got)
	}
}

func TestMessageIDs(t *testing.T) {
	t.Parallel()
	c := Claim{Parts: 4}
	for _, p := range []PartID{{2, "c"}, {0, "x"}, {1, "b"}, {0, "a"}} {
		c.IDs.Set(p.Part, p.ID)
	}
	equal(t, "in the order of their parts", c.MessageIDs(), []string{"a", "b", "c"})
	equal(t, "none", Claim{}.MessageIDs(), []string{})
}

func TestClaimWhenRedisIsFull(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := openStream(t, server.URL())
	hold(t, s, "t1")
	server.Config("maxmemory", "1")
	if c := claim(t, s, "t1", ClaimRequest{Key: s.MessageClaim("x"), Entry: "1-0"}); c[0].State != ClaimClaimed {
		t.Errorf("%+v; want it claimed", c)
	}
}
