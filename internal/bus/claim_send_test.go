package bus

import (
	"testing"
	"time"
)

// TestClaimSend: a claim that is free is taken with its part marked as on its
// way; asked again by the same call, whose answer was lost, it is answered so
// once more, and by another call as what it is: it may have been sent meanwhile.
func TestClaimSend(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		ask := func(number int64, batch ...ClaimRequest) []ClaimAnswer {
			t.Helper()
			answers, err := s.claimBatch(t.Context(), "t1", number, batch)
			if err != nil {
				t.Fatal(err)
			}
			return answers
		}
		held, foreign := s.MessageClaim("held"), s.MessageClaim("foreign")
		claim(t, s, "t1", ClaimRequest{Key: held, Entry: "0-1", Digest: "d0", Lane: "l"})
		spoil(t, s, foreign)
		batch := []ClaimRequest{
			{Key: s.MessageClaim("x"), Entry: "1-0", Digest: "d1", Lane: "l1", Send: true},
			{Key: s.MessageClaim("x"), Entry: "2-0", Digest: "d1", Lane: "l1", Send: true}, // the same key
			{Key: held, Entry: "3-0", Digest: "d3", Lane: "l", Send: true},
			{Key: foreign, Entry: "4-0", Digest: "d4", Lane: "l", Send: true},
			{Key: s.MessageClaim("y"), Entry: "5-0", Digest: "d5", Lane: "l5"}, // plain
		}
		first := ask(1, batch...)
		x := Claim{
			State: ClaimSending, Entry: "1-0", Owner: "t1", Digest: "d1", Lane: "l1",
			Step: 1, Parts: 1, Attempts: 1, StartedAt: first[0].Now,
		}
		taken := func(what string, answers []ClaimAnswer, want ...bool) {
			t.Helper()
			for i, a := range answers {
				if a.Taken != want[i] {
					t.Errorf("%s: claim %d is taken: %v, want %v", what, i, a.Taken, want[i])
				}
			}
		}
		taken("first", first, true, false, false, false, true)
		equal(t, "as it is told", first[0].Claim, x)
		equal(t, "to the second of that key", first[1].Claim, x)
		equal(t, "another's", first[2].Claim.Entry, "0-1")
		equal(t, "no claim", first[3].Claim.State, ClaimForeign)
		kept, err := s.Claims(t.Context(), []string{s.MessageClaim("x")})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "as it is kept", kept[0], x)

		before := snapshot(t, s)
		again := ask(2, batch...) // the batch knows the number of its first call
		taken("its answer was lost", again, true, false, false, false, false)
		again[0].Claim.StartedAt = x.StartedAt
		equal(t, "as it is told again", again[0].Claim, x)
		after := snapshot(t, s)
		delete(before, s.keys.lease) // counts the calls
		delete(after, s.keys.lease)
		equal(t, "Redis after the second call", after, before)

		later := ask(3, ClaimRequest{Key: s.MessageClaim("x"), Entry: "1-0", Digest: "d1", Lane: "l1", Send: true})
		taken("another call", later, false)
		equal(t, "to another call", later[0].Claim, x)

		hold(t, s, "t2") // and to another owner: a take-over of what may be there
		answers, err := s.claimBatch(t.Context(), "t2", 1, []ClaimRequest{{Key: s.MessageClaim("x"), Entry: "1-0", Digest: "d1", Lane: "l1", Send: true}})
		if err != nil {
			t.Fatal(err)
		}
		if c := answers[0].Claim; answers[0].Taken || c.State != ClaimSending || c.Takeovers != 1 || c.Owner != "t1" {
			t.Errorf("another owner sees %+v, taken: %v", c, answers[0].Taken)
		}
	})
}

// TestClaimSendSettles: what was claimed and marked in one ends as it does in
// two, and nothing of the way there is kept.
func TestClaimSendSettles(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		key := s.MessageClaim("x")
		if _, err := s.claimBatch(t.Context(), "t1", 1, []ClaimRequest{{Key: key, Entry: "1-0", Digest: "d", Lane: "l", Send: true}}); err != nil {
			t.Fatal(err)
		}
		settle(t, s, "t1", Settlement{Entry: "1-0", Claim: key, Fate: FateDone, Remember: time.Hour, Attempts: 1, Part: 0, ID: "id"})
		kept, err := s.Claims(t.Context(), []string{key})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "what lasts", kept[0], Claim{State: ClaimDone, Entry: "1-0", Digest: "d", Lane: "l", Attempts: 1, IDs: PartIDs{{0, "id"}}, Parts: kept[0].Parts})
		fields := s.bus.client.HKeys(t.Context(), key).Val()
		for _, f := range fields {
			switch f {
			case "call", "step", "started_at", "owner", "part":
				t.Errorf("%s is kept of a claim that is done", f)
			}
		}
	})
}

// TestClaimSendSplits: a claim that Redis refuses does so after others of its
// batch were marked. Each is asked for alone then, and knows its mark again.
func TestClaimSendSplits(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		bad := s.MessageClaim("bad")
		if err := s.bus.client.HSet(t.Context(), bad, "state", "sending", "entry", "9-0", "owner", "t0", "takeovers", "many").Err(); err != nil {
			t.Fatal(err)
		}
		batch := []ClaimRequest{
			{Key: s.MessageClaim("x"), Entry: "1-0", Digest: "d1", Lane: "l1", Send: true},
			{Key: bad, Entry: "9-0", Digest: "d9", Lane: "l9", Send: true},
			{Key: s.MessageClaim("y"), Entry: "2-0", Digest: "d2", Lane: "l2", Send: true},
		}
		claims := s.NewLedger("t1", retention).claims
		for _, q := range batch {
			claims.waiting.join(q)
		}
		asked := claims.waiting.take()
		claims.serve(t.Context(), asked)
		for i, want := range []bool{true, false, true} {
			answer, err := asked.wait(t.Context(), i)
			if refused(err) == want || answer.Taken != want {
				t.Errorf("claim %d: %+v, %v; taken, so that nothing is in doubt: %v", i, answer, err, want)
			}
		}
	})
}
