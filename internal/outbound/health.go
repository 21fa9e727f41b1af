package outbound

import (
	"sync/atomic"
	"time"

	"github.com/posternhq/postern/internal/delivery"
)

// health is what the desk has learnt of the platform's, from how operations
// ended. What an RPC meets says nothing about it.
type health struct {
	outage  delivery.Outage  // it takes nothing from anybody
	account delivery.Account // it takes nothing more from us for now
	failing delivery.Failing // it answers nobody, in every lane tried
	probe   string           // in an outage: the lane whose operation tries whether it is over; "" = none is out
	fails   *atomic.Bool     // failing stands, for couriers
	changed func(standing, auth bool)
}

// allows reports whether one more operation may start; if not, until says when
// to ask again, zero when one is back.
func (h *health) allows(now time.Time, inFlight int) (ok bool, until time.Time) {
	if ok, until = h.outage.Allows(now, h.probe != "", inFlight); !ok {
		return ok, until
	}
	return h.account.Allows(now, inFlight)
}

// starts notes that a lane's operation begins.
func (h *health) starts(lane string) {
	if standing, _ := h.outage.Standing(); standing {
		h.probe = lane
	}
}

// hangs notes that it runs long: let another one try.
func (h *health) hangs(lane string) {
	if h.probe == lane {
		h.probe = ""
	}
}

// down notes that the platform took nothing, and says until when all wait.
func (h *health) down(now time.Time, auth bool) (until time.Time) {
	until = h.outage.Failed(now, auth)
	h.changed(true, auth)
	return until
}

// learn takes what an operation's end says.
func (h *health) learn(o outcome, now time.Time) {
	h.hangs(o.entry.lane)
	switch {
	case o.answered:
		h.account.Passed(now)
		ended := h.outage.Passed(now)
		if h.failing.Passed(now) || ended {
			h.changed(false, false)
		}
	case o.failing:
		if h.failing.Failed(o.entry.lane, now) {
			h.changed(true, false)
		}
	}
	h.fails.Store(h.failing.Standing())
}
