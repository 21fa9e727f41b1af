package discord

import (
	"context"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// presence is how we show, as it was last asked for: a new session begins with
// it. Discord takes five changes in 20 s of one session, by observation, and of
// more it drops the connection (docs.discord.com/developers/events/gateway#rate-limiting).
type presence struct {
	mutex sync.Mutex
	now   fields
	sent  []time.Time
}

const (
	presenceMany = 5
	presencePer  = 20 * time.Second
)

func newPresence() *presence { return &presence{} }

func (p *presence) last() fields {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.now
}

// take notes a change, or says how long it must wait.
func (p *presence) take(now time.Time) time.Duration {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if n := len(p.sent); n >= presenceMany {
		if wait := p.sent[n-presenceMany].Add(presencePer).Sub(now); wait > 0 {
			return wait
		}
		p.sent = p.sent[1:]
	}
	p.sent = append(p.sent, now)
	return 0
}

func (p *presence) set(to fields) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.now = to
}

// planPresence: a bot's activity is a line of its own, a custom status.
func planPresence(e *envelope.Outbound) []request {
	status := e.Status
	switch status {
	case "":
		status = "online"
	case "offline":
		status = "invisible"
	}
	activities := []any{}
	if e.Activity != "" {
		activities = append(activities, fields{"name": "Custom Status", "type": 4, "state": e.Activity})
	}
	p := fields{"since": nil, "activities": activities, "status": status, "afk": false}
	for name, value := range e.Native {
		p[name] = value
	}
	return []request{{Presence: p}}
}

// present sends a presence over the gateway.
func (a *Adapter) present(ctx context.Context, to fields, permit func() error) error {
	s := a.live.Load()
	if s == nil {
		return &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "the gateway is not connected"}
	}
	if wait := a.presence.take(time.Now()); wait > 0 {
		return platform.TooSoon(wait, platform.GateRoute, "not sent yet: Discord takes five changes of presence in 20 s")
	}
	if ended := webapi.Permitted(permit); ended != nil {
		return ended
	}
	if err := s.write(ctx, opPresence, to); err != nil {
		return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentUnknown, Message: "the gateway's connection broke off", Cause: err}
	}
	a.presence.set(to)
	return nil
}
