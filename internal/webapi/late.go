package webapi

import (
	"sync"
	"time"
)

// Trips learns how short a round trip to the platform can be. The zero value is
// ready for use, by several at once.
type Trips struct {
	mutex    sync.Mutex
	shortest time.Duration
	many     int
}

// enoughTrips is how many round trips tell how short one is.
const enoughTrips = 10

// Late is by how much to put off what follows a request that counts towards a
// rate. A platform counts from when it arrived, after a dial, an upload, or a
// wait on its own side. That was before its answer came, at least by a way
// through the network; what follows takes such a way too. So the next one
// arrives in time if it leaves a round trip earlier than a rate's time after the
// answer.
//
// took is from when the request was noted to its answer, trip from when it left.
func (t *Trips) Late(took, trip time.Duration) time.Duration {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.many++; t.many == 1 || trip < t.shortest {
		t.shortest = trip
	}
	if t.many > enoughTrips {
		took -= t.shortest
	}
	return max(0, took)
}
