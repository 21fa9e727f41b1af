package bus

import "testing"

// An owner whose answers were lost has asked again meanwhile, and begins its
// trust then: its lease has not stood still.
func TestAcquiredAgainIsNotStill(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		acquire(t, s, "t1", "", -1)                                // the answer is lost
		seen := acquire(t, s, "t2", "", -1)                        // a stand-by sees renewals 0 and counts from now
		acquire(t, s, "t1", "", -1)                                // asked again, 12 s later; its trust begins here
		if l := acquire(t, s, "t2", "t1", seen.Renewals); l.Ours { // a lease and a margin after the stand-by's first look
			t.Errorf("a lease that was granted anew meanwhile was replaced: %+v", l)
		}
	})
}
