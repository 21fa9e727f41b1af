package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/platform"
)

// The states that workers are told of.
const (
	stateConnected    = "connected"
	stateDisconnected = "disconnected"
	stateAuthFailed   = "auth_failed"
	statePaused       = "paused"
	stateResumed      = "resumed"
)

// untoldMost bounds the status events that wait for a Redis that does not
// answer. The oldest go first: the description says how it is now.
const untoldMost = 16

// herald tells Redis how the account is, one thing after the other so that
// the last word is the latest: each status event, and the description anew.
// It goes on until ctx ends.
func (a *account) herald(ctx context.Context) {
	for {
		select {
		case <-a.news:
		case <-ctx.Done():
			return
		}
		for _, state := range a.takeUntold() {
			a.report(ctx, state)
		}
		a.describe(ctx)
	}
}

// describedFor is how long a description stands that has not changed. One that
// Redis lost with all else is written again as soon as that is noticed.
const describedFor = time.Minute

// description is what was last written of a platform.
type description struct {
	fields map[string]string
	at     time.Time
}

// forget has the description written the next time that the herald looks:
// Redis does not have it.
func (a *account) forget() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.described = description{}
}

func (a *account) takeUntold() []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	untold := a.untold
	a.untold = nil
	return untold
}

// tell is what workers are told of a change: only by the active node, and by
// one that becomes it, since the platform is now what it is there.
func tell(before, after standing) (states []string) {
	if after.role != outbound.RoleActive {
		return nil
	}
	was := linkOf(before)
	if before.role != outbound.RoleActive {
		was = ""
	}
	switch is := linkOf(after); {
	case is == was:
	case is != "":
		states = append(states, is)
	case was == stateConnected:
		states = append(states, stateDisconnected)
	}
	switch {
	case after.paused && !before.paused:
		states = append(states, statePaused)
	case before.paused && !after.paused:
		states = append(states, stateResumed)
	}
	return states
}

// linkOf is how the connection is, as far as workers care.
func linkOf(s standing) string {
	switch {
	case s.refused():
		return stateAuthFailed
	case s.state == platform.StateReady:
		return stateConnected
	default:
		return ""
	}
}

// report publishes a status event. Should Redis not take it within a few
// seconds it is dropped: the description says the same.
func (a *account) report(ctx context.Context, state string) {
	limited, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := a.inbound.Publish(limited, envelope.Event{
		Event: envelope.EventStatus, State: state, EventID: "status-" + rand.Text(),
	}, "")
	if err != nil {
		a.log.Warn("a status event was not published", "state", state, "error", err)
	}
}

// describe writes what the platform is and can do, while we are active: if it
// has changed, and now and then.
func (a *account) describe(ctx context.Context) {
	now := a.standing()
	if now.role != outbound.RoleActive {
		return
	}
	caps, err := json.Marshal(a.adapter.Capabilities())
	if err != nil {
		a.log.Error("capabilities cannot be encoded", "error", err)
		return
	}
	identity, err := json.Marshal(a.adapter.Identity())
	if err != nil {
		a.log.Error("identity cannot be encoded", "error", err)
		return
	}
	busy := a.consumer.Numbers()
	fields := map[string]string{
		"kind": a.kind, "state": now.word(), "reason": now.reason, "capabilities": string(caps), "identity": string(identity),
		"backlog_cap": strconv.Itoa(a.backlog), "node": a.nodeID, "epoch": strconv.FormatInt(now.epoch, 10),
		"lanes": strconv.Itoa(busy.Lanes), "lanes_held": strconv.Itoa(busy.Held), "in_flight": strconv.Itoa(busy.InFlight),
	}
	a.mutex.Lock()
	stands := time.Since(a.described.at) < describedFor && maps.Equal(fields, a.described.fields)
	if !stands {
		a.described = description{fields, time.Now()}
	}
	a.mutex.Unlock()
	if stands {
		return
	}
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := a.stream.Describe(limited, a.key, fields, now.paused); err != nil {
		a.forget()
		a.log.Debug("the platform's description was not written", "error", err)
	}
}
