package bus

import (
	"testing"
	"time"
)

// grow applies one snapshot to its end and returns the claim.
func grow(t *testing.T, s *Stream, entry string, step int, snapshot Snapshot) Claim {
	t.Helper()
	key := s.MessageClaim("s")
	claim(t, s, "t1", ClaimRequest{Key: key, Entry: entry, Lane: "l", Stream: true, Seq: snapshot.Seq, Final: snapshot.Final})
	mark(t, s, "t1", MarkRequest{
		Key: key, Entry: entry, Step: step, State: ClaimSending, Parts: 1, Attempts: 1, Begin: &snapshot, Digest: "d" + entry,
	})
	fate := FateGrow
	if snapshot.Final {
		fate = FateDone
	}
	settle(t, s, "t1", Settlement{
		Entry: entry, Claim: key, Fate: fate, Remember: time.Minute, Attempts: 1, Part: 0, ID: "m1",
		Receipt: []byte("receipt of " + entry), Stream: "s", Final: snapshot.Final,
	})
	return readOne(t, s, key)
}

// A stream's claim lives on between its snapshots, beside the list of those
// that grow, and leaves that with its end.
func TestAStreamsClaim(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "one", "two")
		first := Snapshot{Op: OpMake, Seq: 1, Data: []byte("one")}
		got := grow(t, s, ids[0], 1, first)
		want := Claim{
			State: ClaimGrowing, Entry: ids[0], Owner: "t1", Digest: "d" + ids[0], Lane: "l", Step: 1, Attempts: 1,
			IDs: PartIDs{{0, "m1"}}, Stream: true, Snapshot: first,
		}
		got.StartedAt = time.Time{}
		equal(t, "the claim between two snapshots", got, want)
		if n := s.bus.client.ZCard(t.Context(), s.keys.streams).Val(); n != 1 {
			t.Errorf("%d streams grow, want one", n)
		}
		if ttl := s.bus.client.PTTL(t.Context(), s.MessageClaim("s")).Val(); ttl > 0 {
			t.Errorf("a growing stream's claim expires in %v", ttl)
		}
		last := Snapshot{Op: OpReplace, Seq: 2, Final: true, Data: []byte("two")}
		equal(t, "the claim at its end", grow(t, s, ids[1], 2, last), Claim{
			State: ClaimDone, Entry: ids[1], Digest: "d" + ids[1], Lane: "l", Attempts: 1,
			IDs: PartIDs{{0, "m1"}}, Stream: true, Snapshot: Snapshot{Seq: 2, Final: true},
		})
		if n := s.bus.client.ZCard(t.Context(), s.keys.streams).Val(); n != 0 {
			t.Errorf("%d streams grow, want none", n)
		}
	})
}

// To whom a stream's claim passes, from each state.
func TestWhoTakesAStreamsClaim(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		state ClaimState // as the snapshot with seq 5 left it
		final bool       // that one was
		by    ClaimRequest
		want  ClaimState // "": it is not taken
	}{
		{"a newer one", ClaimGrowing, false, ClaimRequest{Seq: 6}, ClaimClaimed},
		{"the same again", ClaimGrowing, false, ClaimRequest{Seq: 5}, ""},
		{"an older one", ClaimGrowing, false, ClaimRequest{Seq: 4}, ""},
		{"a final one, whatever its seq", ClaimGrowing, false, ClaimRequest{Seq: 3, Final: true}, ClaimClaimed},
		{"one of another lane", ClaimGrowing, false, ClaimRequest{Seq: 6, Lane: "elsewhere"}, ""},
		{"a newer one, from one on its way", ClaimSending, false, ClaimRequest{Seq: 6}, ClaimSending},
		{"an older one, from one on its way", ClaimSending, false, ClaimRequest{Seq: 4}, ""},
		{"a newer one, after a dead one", ClaimDead, false, ClaimRequest{Seq: 6}, ""},
		{"a final one, after a dead one", ClaimDead, false, ClaimRequest{Seq: 6, Final: true}, ClaimClaimed},
		{"a final one, after a parked one", ClaimParked, false, ClaimRequest{Seq: 6, Final: true}, ClaimSending},
		{"a final one, after a dead final one", ClaimDead, true, ClaimRequest{Seq: 6, Final: true}, ""},
		{"its own end, as it is quiet", ClaimGrowing, false, ClaimRequest{Entry: "own", Seq: 5, Final: true, Quiet: true}, ClaimClaimed},
		{"another's end, as it was quiet", ClaimGrowing, false, ClaimRequest{Seq: 4, Final: true, Quiet: true}, ""},
		{"the end of one on its way", ClaimSending, false, ClaimRequest{Seq: 4, Final: true, Quiet: true}, ""},
		{"its own end, after it died", ClaimDead, false, ClaimRequest{Entry: "own", Seq: 5, Final: true, Quiet: true}, ""},
		{"a final one, after the end", ClaimDone, true, ClaimRequest{Seq: 6, Final: true}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, s *Stream) {
				ids, key := taken(t, s, "five", "next"), s.MessageClaim("s")
				claim(t, s, "t1", ClaimRequest{Key: key, Entry: ids[0], Lane: "l", Stream: true, Seq: 5, Final: c.final})
				mark(t, s, "t1", MarkRequest{
					Key: key, Entry: ids[0], Step: 1, State: ClaimSending, Parts: 1, Begin: &Snapshot{Op: OpMake, Seq: 5, Final: c.final},
				})
				if c.state != ClaimSending {
					settle(t, s, "t1", Settlement{Entry: ids[0], Claim: key, Fate: Fate(c.state), Remember: time.Minute, Part: -1, Stream: "s"})
				}
				q := c.by
				q.Key, q.Stream = key, true
				if q.Entry == "own" {
					q.Entry = ids[0]
				} else {
					q.Entry = ids[1]
				}
				if q.Lane == "" {
					q.Lane = "l"
				}
				for range 2 { // the second time as after a lost reply
					got := claim(t, s, "t1", q)[0]
					if taken := got.Entry == q.Entry && !got.State.Ended(); taken != (c.want != "") || taken && got.State != c.want {
						t.Errorf("the claim is %s's, %s; want %q", got.Entry, got.State, c.want)
					}
				}
				if ttl := s.bus.client.PTTL(t.Context(), key).Val(); c.want != "" && ttl > 0 {
					t.Errorf("a claim in use expires in %v", ttl)
				}
			})
		})
	}
}
