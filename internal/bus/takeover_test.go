package bus

import (
	"slices"
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
		var got []ID
		pages, cursor := 0, "0-0"
		for {
			c, err := s.ClaimPending(t.Context(), "t1", cursor, 0, 2)
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
		equal(t, "still unread", read(t, s, "t1", 9), ids[6:])
	})
}

func TestTakeoverLeavesWhatIsNotIdle(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		publish(t, s, "1")
		read(t, s, "t1", 1)
		c, err := s.ClaimPending(t.Context(), "t1", "0-0", 3_600_000, 9)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "idle for an hour", c, Claimed{Cursor: "0-0"})
	})
}

// TestTakeoverReportsTheLost: entries that somebody trimmed while they were
// pending are told once, and are pending no longer. Real Redis only: the
// embedded one passes such entries by.
func TestTakeoverReportsTheLost(t *testing.T) {
	t.Parallel()
	s := openStream(t, redistest.Start(t).URL())
	hold(t, s, "t1")
	ids := publish(t, s, "1", "2", "3")
	read(t, s, "t1", 9)
	if err := s.bus.client.XTrimMinID(t.Context(), s.Name, ids[2].String()).Err(); err != nil {
		t.Fatal(err)
	}
	c, err := s.ClaimPending(t.Context(), "t1", "0-0", 0, 9)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "page", c, Claimed{Cursor: "0-0", IDs: ids[2:], Lost: ids[:2]})
	equal(t, "pending", pending(t, s), []string{ids[2].String() + " a"})
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
			if n, err := s.Forget(t.Context(), "t1", slices.Clone(ids)); err != nil || n != want {
				t.Errorf("Forget, time %d: %d, %v; want %d", i+1, n, err, want)
			}
		}
		equal(t, "pending", pending(t, s), []string{ids[1].String() + " a"})
	})
}
