package webapi

import (
	"testing"
	"time"
)

// TestLate: how long a way is at least is believed once some have told.
func TestLate(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	var trips Trips
	for n := range enoughTrips {
		if late := trips.Late(50*ms, time.Duration(40+n)*ms); late != 50*ms {
			t.Errorf("after %d trips: %v; want all that it took", n, late)
		}
	}
	for _, c := range []struct{ took, trip, want time.Duration }{
		{50 * ms, 50 * ms, 10 * ms},
		{900 * ms, 60 * ms, 860 * ms}, // a dial
		{30 * ms, 30 * ms, 0},         // a shorter way than any before
		{50 * ms, 50 * ms, 20 * ms},
	} {
		if late := trips.Late(c.took, c.trip); late != c.want {
			t.Errorf("took %v: %v; want %v", c.took, late, c.want)
		}
	}
}
