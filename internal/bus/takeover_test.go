package bus

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/redistest"
)

// TestTakeover: page by page, in id order over all consumers, until the
// cursor wraps.
func TestTakeover(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		ids := publish(t, s, "1", "2", "3", "4", "5", "6", "unread")
		for i := range 6 {
			s.Consumer = []string{"b", "a", "c"}[i%3]
			read(t, s, "t1", 1)
		}
		s.Consumer = "a"
		in := s.NewIntake("t1")
		in.Begin()
		var got []ID
		pages, cursor := 0, "0-0"
		for {
			c, err := in.ClaimPending(t.Context(), cursor, 0, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.IDs) > 2 || len(c.Lost) > 0 {
				t.Fatalf("page %+v; want at most two, and none lost", c)
			}
			got = append(got, c.IDs...)
			if pages++; pages > 9 {
				t.Fatalf("the cursor does not wrap; it is at %s", c.Cursor)
			}
			if cursor = c.Cursor; cursor == "0-0" {
				break
			}
		}
		equal(t, "taken over", got, ids[:6])
		var want []string
		for _, id := range ids[:6] {
			want = append(want, id.String()+" a")
		}
		equal(t, "pending", pending(t, s), want)
		equal(t, "still unread", readOn(t, in, 9), ids[6:])
	})
}

func TestTakeoverLeavesWhatIsNotIdle(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		publish(t, s, "1")
		read(t, s, "t1", 1)
		c, err := intake(t, s, "t1").ClaimPending(t.Context(), "0-0", 3_600_000, 9)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "idle for an hour", c, Claimed{Cursor: "0-0"})
	})
}

// trimmed publishes three entries, reads them, and trims the first two away.
func trimmed(t *testing.T, s *Stream) (ids []ID) {
	t.Helper()
	hold(t, s, "t1")
	ids = publish(t, s, "1", "2", "3")
	read(t, s, "t1", 9)
	if err := s.bus.client.XTrimMinID(t.Context(), s.Name, ids[2].String()).Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

// takeOver claims all that is pending in one page.
func takeOver(t *testing.T, i *Intake) Claimed {
	t.Helper()
	c, err := i.ClaimPending(t.Context(), "0-0", 0, 9)
	if err != nil {
		t.Fatalf("ClaimPending: %v", err)
	}
	return c
}

// TestTakeoverReportsTheLost: entries that somebody trimmed while they were
// pending are told once, and are pending no longer. Real Redis only: the
// embedded one passes such entries by.
func TestTakeoverReportsTheLost(t *testing.T) {
	t.Parallel()
	s := openStream(t, redistest.Start(t).URL())
	ids := trimmed(t, s)
	in := s.NewIntake("t1")
	in.Begin()
	equal(t, "page", takeOver(t, in), Claimed{Cursor: "0-0", IDs: ids[2:], Lost: ids[:2]})
	equal(t, "pending", pending(t, s), []string{ids[2].String() + " a"})
	equal(t, "the next page", takeOver(t, in), Claimed{Cursor: "0-0", IDs: ids[2:]})
	equal(t, "kept aside", s.bus.client.Exists(t.Context(), s.keys.gone).Val(), int64(0))
}

// TestTakeoverTellsTheLostAgain: for as long as nobody is known to have been
// told: the answer was lost, twice, or its reader ended.
func TestTakeoverTellsTheLostAgain(t *testing.T) {
	t.Parallel()
	s, proxy := lossy(t)
	ids := trimmed(t, s)
	in := s.NewIntake("t1")
	lose := func() {
		t.Helper()
		in.Begin()
		proxy.DropReply(1)
		if _, err := in.ClaimPending(t.Context(), "0-0", 0, 9); err == nil {
			t.Fatal("the reply arrived")
		}
		if err := s.bus.Ping(t.Context()); err != nil { // connects anew, so that the next reply is the next script's
			t.Fatal(err)
		}
	}
	lose()
	lose()
	in.Begin()
	equal(t, "told again", takeOver(t, in).Lost, ids[:2])
	if err := s.bus.client.XDel(t.Context(), s.Name, ids[2].String()).Err(); err != nil {
		t.Fatal(err)
	}
	lose() // this call has struck off the two, which is not known, and found the third
	in.Begin()
	equal(t, "told to one that ends", takeOver(t, in).Lost, ids[2:])
	hold(t, s, "t2")
	next := s.NewIntake("t2")
	next.Begin()
	equal(t, "told to the next", takeOver(t, next).Lost, ids[2:])
	equal(t, "once", takeOver(t, next).Lost, []ID(nil))
}

// TestTakeoverArrivesLate: one that was given up for lost strikes nothing off
// and does not reopen its round.
func TestTakeoverArrivesLate(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		publish(t, s, "x")
		in := s.NewIntake("t1")
		in.Begin()
		late := *in
		late.reported = 1
		in.Begin()
		takeOver(t, in)
		if err := s.bus.client.RPush(t.Context(), s.keys.gone, "1-0").Err(); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, s)
		if _, err := late.ClaimPending(t.Context(), "0-0", 0, 9); err == nil || !strings.Contains(err.Error(), "LATE") {
			t.Errorf("%v; want it refused as late", err)
		}
		unchanged(t, s, before)
	})
}

func TestForget(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		ids := publish(t, s, "gone", "there", "gone too", "gone unread")
		read(t, s, "t1", 3)
		for _, i := range []int{0, 2, 3} {
			if err := s.bus.client.XDel(t.Context(), s.Name, ids[i].String()).Err(); err != nil {
				t.Fatal(err)
			}
		}
		for i, want := range []int{2, 0} { // sent again, there is nothing more to forget
			if s.bus.embedded != nil {
				want = 0 // it forgets them, too, but does not count what is gone
			}
			if n, err := s.Forget(t.Context(), "t1", ids); !errors.Is(err, ErrFormerMaster) || n != want {
				t.Errorf("Forget, time %d: %d, %v; want %d, and that one is there", i+1, n, err, want)
			}
		}
		if _, err := s.Forget(t.Context(), "t1", slices.Delete(slices.Clone(ids), 1, 2)); err != nil {
			t.Errorf("Forget of what is gone: %v", err)
		}
		equal(t, "pending", pending(t, s), []string{ids[1].String() + " a"})
	})
}
