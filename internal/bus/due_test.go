package bus

import (
	"strconv"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
)

// now is Redis' clock.
func now(t *testing.T, s *Stream) time.Time {
	t.Helper()
	at, err := s.bus.client.Time(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// awaitClock waits until Redis' clock has passed at.
func awaitClock(t *testing.T, s *Stream, at time.Time) {
	t.Helper()
	for !now(t, s).After(at.Add(time.Millisecond)) {
		<-time.After(time.Until(at.Add(time.Millisecond)))
	}
}

func due(t *testing.T, s *Stream, count int) Due {
	t.Helper()
	d, err := s.Due(t.Context(), "t1", count, time.Hour)
	if err != nil {
		t.Fatalf("Due: %v", err)
	}
	return d
}

// Entries that are not due are put aside, and known as that with their due
// until they are settled.
func TestDelay(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		ids := publish(t, s, "later", "now")
		read(t, s, "t1", 9)
		later := now(t, s).Add(time.Hour)
		key := s.MessageClaim("k")
		batch := []Delay{
			{Entry: ids[0], Due: later, Claim: key, Digest: "d", Lane: "l"},
			{Entry: ids[1], Due: later.Add(-2 * time.Hour)},
		}
		for range 2 { // the second time as after a lost reply
			aside, _, err := s.Delay(t.Context(), "t1", time.Hour, batch)
			if err != nil {
				t.Fatalf("Delay: %v", err)
			}
			equal(t, "put aside", aside, []bool{true, false})
		}
		got := readOne(t, s, key)
		if got.State != ClaimDelayed || got.Entry != ids[0].String() || got.Lane != "l" || got.Due.UnixMilli() != later.UnixMilli() {
			t.Errorf("the claim of what waits: %+v", got)
		}
		// Another entry under that key does not wait for the one put aside.
		if c := claim(t, s, "t1", ClaimRequest{Key: key, Entry: "8-0"})[0]; c.State != ClaimClaimed || c.Entry != "8-0" {
			t.Errorf("the key is not free: %+v", c)
		}
		if ttl := s.bus.client.PTTL(t.Context(), key).Val(); ttl > 0 {
			t.Errorf("a claim in use expires in %v", ttl)
		}
		settle(t, s, "t1", Settlement{Entry: ids[0].String(), Claim: key, Fate: FateKeep, Part: -1})
		if n := s.bus.client.ZCard(t.Context(), s.keys.delayed).Val(); n != 0 {
			t.Errorf("%d are kept as put aside", n)
		}
	})
}

// What was put aside and then trimmed is put aside no more: a take-over that
// meets it strikes it off, and so does who finds it gone.
func TestWhatIsPutAsideIsTrimmed(t *testing.T) {
	t.Parallel()
	type meeting struct {
		on   func(*testing.T, func(*testing.T, *Stream))
		meet func(t *testing.T, s *Stream, gone ID)
	}
	real := func(t *testing.T, test func(*testing.T, *Stream)) { test(t, openStream(t, redistest.Start(t).URL())) }
	for name, m := range map[string]meeting{
		"by a take-over": {real, func(t *testing.T, s *Stream, _ ID) { // the embedded Redis passes such entries by
			intake(t, s, "t1")
			takeOver(t, intake(t, s, "t1"))
		}},
		"in its turn": {both, func(t *testing.T, s *Stream, gone ID) {
			if _, err := s.Forget(t.Context(), "t1", []ID{gone}); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m.on(t, func(t *testing.T, s *Stream) {
				hold(t, s, "t1")
				id := publish(t, s, "later")[0]
				read(t, s, "t1", 9)
				if _, _, err := s.Delay(t.Context(), "t1", time.Hour, []Delay{{Entry: id, Due: now(t, s).Add(time.Hour)}}); err != nil {
					t.Fatal(err)
				}
				if err := s.bus.client.XTrimMaxLen(t.Context(), s.Name, 0).Err(); err != nil {
					t.Fatal(err)
				}
				m.meet(t, s, id)
				if n := s.bus.client.ZCard(t.Context(), s.keys.delayed).Val(); n != 0 {
					t.Errorf("%d are kept as put aside", n)
				}
			})
		})
	}
}

// A stream is due when it was quiet for long enough, but not while there is
// something to read: it may be its next snapshot.
func TestAStreamIsDue(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "one")
		key := s.MessageClaim("s")
		claim(t, s, "t1", ClaimRequest{Key: key, Entry: ids[0], Lane: "l", Stream: true})
		settle(t, s, "t1", Settlement{Entry: ids[0], Claim: key, Fate: FateGrow, Remember: time.Millisecond, Part: -1, Stream: "s"})
		unread := publish(t, s, "two")
		awaitClock(t, s, now(t, s).Add(5*time.Millisecond))
		if d := due(t, s, 9); len(d.Streams) != 0 || d.Next.IsZero() {
			t.Errorf("with something to read: %+v", d)
		}
		equal(t, "read", read(t, s, "t1", 9), unread)
		told := due(t, s, 9)
		equal(t, "due", told.Streams, []string{"s"})
		stillQuiet(t, s, told, true)
		claim(t, s, "t1", ClaimRequest{Key: key, Entry: unread[0].String(), Lane: "l", Stream: true, Seq: 1})
		settle(t, s, "t1", Settlement{Entry: unread[0].String(), Claim: key, Fate: FateGrow, Remember: 2 * time.Hour, Part: -1, Stream: "s"})
		stillQuiet(t, s, told, false)
		if d := due(t, s, 9); len(d.Streams) != 0 {
			t.Errorf("told of again at once: %+v", d)
		}
		if err := s.Over(t.Context(), "t1", []string{"s"}); err != nil {
			t.Fatal(err)
		}
		if n := s.bus.client.ZCard(t.Context(), s.keys.streams).Val(); n != 0 {
			t.Errorf("%d streams are kept", n)
		}
	})
}

func stillQuiet(t *testing.T, s *Stream, told Due, want bool) {
	t.Helper()
	got, err := s.StillQuiet(t.Context(), told.Streams, told.Again)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "still quiet", got, []bool{want})
}

// Keys that hold something else: an entry cannot be put aside, and that is
// said; nothing is ever due.
func TestDueWithForeignKeys(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "one")
		spoil(t, s, s.keys.delayed)
		spoil(t, s, s.keys.streams)
		key := s.MessageClaim("s")
		claim(t, s, "t1", ClaimRequest{Key: key, Entry: ids[0], Lane: "l", Stream: true})
		settle(t, s, "t1", Settlement{Entry: ids[0], Claim: key, Fate: FateGrow, Remember: time.Millisecond, Part: -1, Stream: "s"})
		_, _, err := s.Delay(t.Context(), "t1", time.Hour, []Delay{{Entry: ID{1, 0}, Due: now(t, s).Add(time.Hour)}})
		if !Misplaced(err) {
			t.Errorf("Delay: %v; want it told that the key is taken", err)
		}
		if d := due(t, s, 9); len(d.Streams) != 0 || !d.Next.IsZero() {
			t.Errorf("due: %+v", d)
		}
	})
}

// A take-over tells the entries that were put aside apart.
func TestTakeOverTellsWhatIsPutAside(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		ids := publish(t, s, "now", "later", "now")
		read(t, s, "t1", 9)
		later := now(t, s).Add(time.Hour).Truncate(time.Millisecond)
		if _, _, err := s.Delay(t.Context(), "t1", time.Hour, []Delay{{Entry: ids[1], Due: later}}); err != nil {
			t.Fatal(err)
		}
		hold(t, s, "t2")
		in := s.NewIntake("t2")
		in.Begin()
		got, err := in.ClaimPending(t.Context(), "0-0", 0, 9)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "page of "+strconv.Itoa(len(ids)), got, Claimed{Cursor: "0-0", IDs: []ID{ids[0], ids[2]}, Early: []Early{{ids[1], later.Local()}}})
	})
}

func TestNow(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		before := time.Now().Truncate(time.Millisecond)
		now, err := s.Now(t.Context())
		if after := time.Now(); err != nil || now.Before(before) || now.After(after) {
			t.Errorf("Now: %v, %v; want it between %v and %v", now, err, before, after)
		}
	})
}
