package webchat

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/posternhq/postern/internal/netaddr"
)

// visitors are the limits of each visitor, over all its sockets, and of each
// address. The hub's mutex guards the maps and counts; the limiters guard
// themselves.
type visitors struct {
	config    config
	byID      map[string]*visitor
	byAddress map[string]*address
}

type visitor struct {
	id      string
	sockets int
	used    time.Time
	frames  *rate.Limiter
	sends   *rate.Limiter
	uploads *rate.Limiter
	hellos  *rate.Limiter
	olders  *rate.Limiter
}

type address struct {
	sockets  int
	used     time.Time
	sessions *rate.Limiter
}

// forgetAfter is longer than any of the limits takes to be full again.
const forgetAfter = 10 * time.Minute

func newVisitors(c config) visitors {
	return visitors{config: c, byID: map[string]*visitor{}, byAddress: map[string]*address{}}
}

// get returns the visitor of an id.
func (v *visitors) get(id string) *visitor {
	w := v.byID[id]
	if w == nil {
		w = &visitor{
			id:      id,
			frames:  rate.NewLimiter(frameRate, frameBurst),
			sends:   rate.NewLimiter(rate.Limit(v.config.rate), v.config.burst),
			uploads: rate.NewLimiter(uploadRate, uploadBurst),
			hellos:  rate.NewLimiter(helloRate, helloBurst),
			olders:  rate.NewLimiter(olderRate, olderBurst),
		}
		v.byID[id] = w
	}
	w.used = time.Now()
	return w
}

// at returns the address that a request comes from; nil for this machine
// itself, which is also where a reverse proxy's come from.
func (v *visitors) at(remote string) *address {
	key := network(remote)
	if key == "" {
		return nil
	}
	a := v.byAddress[key]
	if a == nil {
		a = &address{sessions: rate.NewLimiter(sessionRate, sessionBurst)}
		v.byAddress[key] = a
	}
	a.used = time.Now()
	return a
}

// leave counts a socket out.
func (v *visitors) leave(s *socket) {
	if s.visitor != nil {
		s.visitor.sockets--
	}
	if s.address != nil {
		s.address.sockets--
	}
}

// forget drops those who are long gone.
func (v *visitors) forget(now time.Time) {
	for id, w := range v.byID {
		if w.sockets == 0 && now.Sub(w.used) > forgetAfter {
			delete(v.byID, id)
		}
	}
	for key, a := range v.byAddress {
		if a.sockets == 0 && now.Sub(a.used) > forgetAfter {
			delete(v.byAddress, key)
		}
	}
}

// network is what counts as one address; "" is this machine.
func network(remote string) string {
	caller := netaddr.Caller(remote)
	if netaddr.IsLoopback(caller) {
		return ""
	}
	return caller
}
