package bus

import (
	"testing"
	"time"
)

// mark sends one batch and returns which claims were held.
func mark(t *testing.T, s *Stream, token string, batch ...MarkRequest) []bool {
	t.Helper()
	answers, err := s.markBatch(t.Context(), token, batch)
	if err != nil {
		t.Fatalf("mark: %v", err)
	}
	var held []bool
	for _, a := range answers {
		held = append(held, a.Held)
	}
	return held
}

func readOne(t *testing.T, s *Stream, key string) Claim {
	t.Helper()
	got, err := s.Claims(t.Context(), []string{key})
	if err != nil {
		t.Fatalf("read %s: %v", key, err)
	}
	return got[0]
}

func TestMark(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		key := s.MessageClaim("x")
		claim(t, s, "t1", ClaimRequest{Key: key, Entry: "1-0", Digest: "d", Lane: "l"})
		first := MarkRequest{Key: key, Entry: "1-0", Step: 1, State: ClaimSending, Parts: 2, Attempts: 1, Plan: []byte("both parts")}
		second := MarkRequest{Key: key, Entry: "1-0", Step: 2, State: ClaimSending, Part: 1, Parts: 2, Attempts: 2, Recorded: true, Before: "id of the first"}
		want := Claim{State: ClaimSending, Entry: "1-0", Owner: "t1", Digest: "d", Lane: "l", Parts: 2, Step: 1, Attempts: 1, Plan: []byte("both parts")}
		for _, step := range []struct {
			name string
			mark MarkRequest
			grow func()
		}{
			{"the first part", first, func() {}},
			{"the second part", second, func() { want.Part, want.Step, want.Attempts, want.IDs = 1, 2, 2, PartIDs{{0, "id of the first"}} }},
		} {
			for range 2 { // the second time as after a lost reply
				answers, err := s.markBatch(t.Context(), "t1", []MarkRequest{step.mark})
				if err != nil || !answers[0].Held {
					t.Fatalf("%s: %+v, %v; want it held", step.name, answers, err)
				}
				if step.mark.Before != want.IDs.Of(0) {
					step.grow()
				}
				got := readOne(t, s, key)
				if d := answers[0].Now.Sub(got.StartedAt); d < 0 || d > time.Minute {
					t.Errorf("%s: started %v before the answer", step.name, d)
				}
				got.StartedAt = time.Time{}
				equal(t, step.name, got, want)
			}
		}
	})
}

// TestMarkStartedAt: it is when the part may first have left, so it stands
// over retries whose outcome is not known, and moves for the next part, or
// once it was certain that nothing had left.
func TestMarkStartedAt(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		key := s.MessageClaim("x")
		sending(t, s, "t1", key, "1-0")
		step := 1
		moves := func(what string, q MarkRequest, want bool) {
			t.Helper()
			long := time.UnixMilli(1)
			if err := s.bus.client.HSet(t.Context(), key, "started_at", long.UnixMilli()).Err(); err != nil {
				t.Fatal(err)
			}
			step++
			q.Key, q.Entry, q.Step, q.Parts = key, "1-0", step, 2
			mark(t, s, "t1", q)
			if moved := !readOne(t, s, key).StartedAt.Equal(long); moved != want {
				t.Errorf("%s: started_at moved: %v; want %v", what, moved, want)
			}
		}
		moves("the same part again", MarkRequest{State: ClaimSending, Attempts: 2}, false)
		moves("nothing had left", MarkRequest{State: ClaimClaimed, Attempts: 2}, false)
		moves("the same part, then", MarkRequest{State: ClaimSending, Attempts: 3}, true)
		moves("the next part", MarkRequest{State: ClaimSending, Part: 1, Attempts: 4, Recorded: true, Before: "id"}, true)
	})
}

// TestMarkHoldsOnlyItsOwn: whatever else stands under a key is left alone, and
// does not keep the others of the batch from being marked.
func TestMarkHoldsOnlyItsOwn(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		for _, k := range []string{"mine", "another's", "ended"} {
			claim(t, s, "t1", ClaimRequest{Key: s.MessageClaim(k), Entry: "1-0"})
		}
		settle(t, s, "t1", Settlement{Entry: "1-0", Claim: s.MessageClaim("ended"), Fate: FateDone, Remember: time.Hour, Part: -1})
		spoil(t, s, s.MessageClaim("foreign"))
		before := snapshot(t, s)
		of := func(k, entry string) MarkRequest {
			return MarkRequest{Key: s.MessageClaim(k), Entry: entry, State: ClaimSending, Parts: 1}
		}
		held := mark(t, s, "t1", of("another's", "2-0"), of("ended", "1-0"), of("foreign", "1-0"), of("free", "1-0"), of("mine", "1-0"))
		equal(t, "held", held, []bool{false, false, false, false, true})
		before[s.MessageClaim("mine")] = snapshot(t, s)[s.MessageClaim("mine")]
		unchanged(t, s, before)
		equal(t, "mine", readOne(t, s, s.MessageClaim("mine")).State, ClaimSending)
	})
}

// TestMarkArrivesLate: a mark that was given up for lost does not undo the one
// after it.
func TestMarkArrivesLate(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		key := s.MessageClaim("x")
		sending(t, s, "t1", key, "1-0")
		second := MarkRequest{Key: key, Entry: "1-0", Step: 2, State: ClaimSending, Part: 1, Parts: 2, Attempts: 2, Recorded: true, Before: "id"}
		back := MarkRequest{Key: key, Entry: "1-0", Step: 10, State: ClaimClaimed, Part: 1, Parts: 2, Attempts: 2}
		late := second
		late.Step, late.Part, late.Doubt, late.Plan, late.Before = 9, 0, true, []byte("late"), "late"
		equal(t, "in order", mark(t, s, "t1", second, back), []bool{true, true})
		before := snapshot(t, s)
		equal(t, "late", mark(t, s, "t1", late), []bool{false})
		equal(t, "the last one again", mark(t, s, "t1", back), []bool{true})
		unchanged(t, s, before)
	})
}

// TestMarkRecordsAPartWithoutAnID: what a platform names by nothing is there
// all the same.
func TestMarkRecordsAPartWithoutAnID(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		key := s.MessageClaim("x")
		sending(t, s, "t1", key, "1-0")
		hold(t, s, "t2")
		equal(t, "taken over", claim(t, s, "t2", ClaimRequest{Key: key, Entry: "1-0"})[0].Takeovers, 1)
		mark(t, s, "t2", MarkRequest{Key: key, Entry: "1-0", Step: 2, State: ClaimSending, Part: 1, Parts: 2})
		equal(t, "not recorded", readOne(t, s, key).IDs, PartIDs(nil))
		mark(t, s, "t2", MarkRequest{Key: key, Entry: "1-0", Step: 3, State: ClaimSending, Part: 1, Parts: 2, Recorded: true})
		got := readOne(t, s, key)
		equal(t, "recorded", got.IDs, PartIDs{{0, ""}})
		equal(t, "takeovers", got.Takeovers, 0)
	})
}
