package gateway

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/platform"
)

// The states that workers are told of, and that stand in the platform's
// description, beside those of the connection.
const (
	stateConnected    = "connected"
	stateDisconnected = "disconnected"
	stateAuthFailed   = "auth_failed"
	statePaused       = "paused"
	stateResumed      = "resumed"
)

// word is the account's state in one word, for the description.
func (s standing) word() string {
	switch {
	case s.state == platform.StateAuthFailed || s.auth:
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

// change changes how the account is, tells the workers of it where they care,
// and writes the description anew.
func (a *account) change(f func(*standing)) {
	a.mutex.Lock()
	before := a.now
	f(&a.now)
	after := a.now
	a.mutex.Unlock()
	if before == after {
		return
	}
	if event := tell(before, after); event != "" && after.role != outbound.RoleStandby {
		a.report(event)
	}
	a.poke()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	go func() { defer cancel(); a.describe(ctx) }()
}

// tell is the status event that a change calls for, or "".
func tell(before, after standing) string {
	bad := func(s standing) bool { return s.auth || s.state == platform.StateAuthFailed }
	up := func(s standing) bool { return s.state == platform.StateReady && !s.auth }
	switch {
	case bad(after) && !bad(before):
		return stateAuthFailed
	case up(after) && !up(before):
		return stateConnected
	case !up(after) && up(before) && !bad(after):
		return stateDisconnected
	case after.paused && !before.paused:
		return statePaused
	case before.paused && !after.paused:
		return stateResumed
	}
	return ""
}

// report publishes a status event. Should Redis not take it within a few
// seconds it is dropped: the description says the same.
func (a *account) report(state string) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err := a.inbound.Publish(ctx, envelope.Event{
			Event: envelope.EventStatus, State: state, EventID: "status-" + rand.Text(),
		}, "")
		if err != nil {
			a.log.Debug("a status event was not published", "state", state, "error", err)
		}
	}()
}

// Role is the consumer telling what it is.
func (a *account) Role(role outbound.Role, epoch int64) {
	a.change(func(s *standing) { s.role, s.epoch = role, epoch })
}

// Outage is the consumer telling that the platform fails for everybody.
func (a *account) Outage(failing, auth bool) {
	a.change(func(s *standing) { s.outage, s.auth = failing, failing && auth })
	if failing && auth {
		a.log.Error("the platform refuses our credentials: nothing is delivered until they are right; tried again each minute")
	}
}

// Paused is the consumer telling that an operator paused the platform.
func (a *account) Paused(paused bool) { a.change(func(s *standing) { s.paused = paused }) }

// setState is the adapter telling how its connection is.
func (a *account) setState(state platform.State, reason string) {
	a.consumer.SetReady(state == platform.StateReady)
	a.change(func(s *standing) { s.state, s.reason = state, reason })
}

// readiness is the account's part of /readyz: a stand-by is ready, and so is
// a platform that an operator paused.
func (a *account) readiness() platformReadiness {
	a.mutex.Lock()
	now := a.now
	a.mutex.Unlock()
	r := platformReadiness{Role: now.role, State: now.state, Paused: now.paused, Outage: now.outage}
	switch {
	case now.role == outbound.RoleStandby, now.paused && !now.auth:
		r.Ready = true
	case now.role == outbound.RoleNone:
		r.Reason = "neither active nor standing by yet"
	case now.auth || now.state == platform.StateAuthFailed:
		r.Reason = "the platform refuses the credentials"
	case now.state != platform.StateReady:
		r.Reason = "not connected"
		if now.reason != "" {
			r.Reason += ": " + now.reason
		}
	default:
		r.Ready = true
	}
	return r
}
