package bus

import (
	"errors"
	"testing"
)

// A lease is raised above what is known elsewhere, once, and by its owner alone;
// the leases after it go on from there.
func TestOutrank(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		acquire(t, s, "t1", "", -1)
		for _, c := range []struct{ known, want int64 }{{0, 1}, {1, 1}, {40, 41}, {40, 41}, {41, 41}} {
			if epoch, err := s.Outrank(t.Context(), "t1", c.known); err != nil || epoch != c.want {
				t.Errorf("above %d: %d, %v; want %d", c.known, epoch, err, c.want)
			}
		}
		if _, err := s.Outrank(t.Context(), "t2", 99); !errors.Is(err, ErrFenced) {
			t.Errorf("somebody else: %v", err)
		}
		if l := acquire(t, s, "t2", "t1", -1); l.Epoch != 42 || !l.Ours {
			t.Errorf("the next lease is %+v; want epoch 42", l)
		}
	})
}
