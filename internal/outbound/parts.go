package outbound

import (
	"sync/atomic"

	"github.com/posternhq/postern/internal/backlog"
	"github.com/posternhq/postern/internal/bus"
)

// parts are what several rooms of a tenure share.
type parts struct {
	cfg      Config
	stream   *bus.Stream
	token    string // the lease's
	opener   *opener
	losses   losses
	backlog  *backlog.Backlog
	agenda   *backlog.Agenda
	alarm    *alarm
	departed *departed
	room     *room
	clock    *clock
	gates    *gates
	failing  *atomic.Bool // the platform fails in every lane tried
}

func (c *Consumer) newParts(token string) parts {
	cfg, clock := c.cfg, &clock{}
	return parts{
		cfg: cfg, stream: c.stream, token: token,
		opener:  &opener{platform: cfg.Platform, stream: c.stream, limits: cfg.Limits.Envelope, caps: cfg.Adapter.Capabilities()},
		losses:  losses{stream: c.stream, token: token, log: cfg.Log, meter: cfg.Meter},
		backlog: backlog.New(), agenda: backlog.NewAgenda(), alarm: newAlarm(), departed: newDeparted(), room: newRoom(),
		clock: clock, gates: newGates(clock), failing: &atomic.Bool{},
	}
}
