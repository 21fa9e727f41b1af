package gateway

import (
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/platform"
)

// standing is how an account is.
type standing struct {
	role   outbound.Role
	epoch  int64
	state  platform.State
	reason string
	paused bool
	outage bool
	auth   bool // the outage is about credentials
}

// refused reports whether the platform refuses our credentials.
func (s standing) refused() bool { return s.auth || s.state == platform.StateAuthFailed }

// word is the account's state in one word, for the description.
func (s standing) word() string {
	switch {
	case s.refused():
		return stateAuthFailed
	case s.state != platform.StateReady:
		return string(s.state)
	case s.paused:
		return statePaused
	case s.outage:
		return "unavailable"
	default:
		return string(platform.StateReady)
	}
}

// readiness is the account's part of /readyz: a stand-by is ready, and so is
// a platform that an operator paused.
func (s standing) readiness() platformReadiness {
	r := platformReadiness{Role: s.role, State: s.state, Paused: s.paused, Outage: s.outage}
	switch {
	case s.role == outbound.RoleStandby, s.paused:
		r.Ready = true
	case s.role == outbound.RoleNone:
		r.Reason = "neither active nor standing by yet"
	case s.refused():
		r.Reason = "the platform refuses the credentials"
	case s.state != platform.StateReady:
		r.Reason = "not connected"
		if s.reason != "" {
			r.Reason += ": " + s.reason
		}
	default:
		r.Ready = true
	}
	return r
}

func (a *account) standing() standing {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.now
}

// change changes how the account is, and lets the connection follow and the
// herald tell. It does not block.
func (a *account) change(f func(*standing)) (before, after standing) {
	a.mutex.Lock()
	before = a.now
	f(&a.now)
	after = a.now
	a.untold = append(a.untold, tell(before, a.now)...)
	a.untold = a.untold[max(0, len(a.untold)-untoldMost):]
	a.mutex.Unlock()
	if after != before {
		poke(a.wish)
		poke(a.news)
	}
	return before, after
}

// poke wakes the one who waits on c, now or when it next does.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

var _ outbound.Watcher = (*account)(nil)

// Role is the consumer telling what it is.
func (a *account) Role(role outbound.Role, epoch int64) {
	a.change(func(s *standing) { s.role, s.epoch = role, epoch })
	poke(a.roles)
}

// Outage is the consumer telling that the platform fails for everybody.
func (a *account) Outage(failing, auth bool) {
	before, after := a.change(func(s *standing) { s.outage, s.auth = failing, failing && auth })
	switch {
	case after.auth && !before.auth:
		a.log.Error("the platform refuses our credentials: nothing is delivered until they are right; tried again each minute",
			"do", "run postern check: it says whose they are, and what is wrong with them")
	case after.outage && !before.outage:
		a.log.Warn("the platform cannot be reached: what is published waits, and one operation at a time tries")
	case before.outage && !after.outage:
		a.log.Info("the platform answers again")
	}
}

// Paused is the consumer telling that an operator paused the platform.
func (a *account) Paused(paused bool) { a.change(func(s *standing) { s.paused = paused }) }

// setState is the adapter telling how its connection is.
func (a *account) setState(state platform.State, reason string) {
	a.change(func(s *standing) {
		s.state, s.reason = state, reason
		a.consumer.SetReady(state == platform.StateReady)
	})
}
