package gateway

import (
	"context"
	"log/slog"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/inbound"
	"github.com/posternhq/postern/platform"
)

// host is what one account's adapter sees of the gateway, from one Open to the
// next: what it publishes bears the epoch of that connection.
type host struct {
	account *account
	inbound *inbound.Publisher
}

var _ platform.Host = host{}

// Publish records one event on the inbound stream.
func (h host) Publish(ctx context.Context, event envelope.Event, cursor string) error {
	return h.inbound.Publish(ctx, event, cursor)
}

// Takes reports whether the platform's rules let an event in.
func (h host) Takes(event envelope.Event) bool { return h.inbound.Takes(event) }

// Cursor returns what the last Publish recorded.
func (h host) Cursor(ctx context.Context) (string, error) { return h.inbound.Cursor(ctx) }

// State tells how the connection is.
func (h host) State(state platform.State, reason string) { h.account.setState(state, reason) }

// Rooms keeps what is said on the platform.
func (h host) Rooms() platform.Rooms { return h.account.rooms }

// Media is the store of files.
func (h host) Media() platform.Media { return h.account.media }

// Secret returns bytes that every node knows.
func (h host) Secret(ctx context.Context, purpose string) ([]byte, error) {
	return h.account.secrets.Get(ctx, h.account.name, purpose)
}

// Log is the platform's logger.
func (h host) Log() *slog.Logger { return h.account.log }

// Now is the gateway's clock.
func (h host) Now() time.Time { return time.Now() }

// inboundFor is one platform's way in.
func (g *Gateway) inboundFor(a *account, p config.Platform) *inbound.Publisher {
	groups := p.Groups
	if groups == "" {
		groups = a.groups
	}
	return inbound.NewPublisher(inbound.Config{
		Platform: p.Name, Stream: g.bus.Inbound(g.names), Names: g.names, Encoding: g.config.InboundEncoding(),
		Rules:    inbound.Rules{Users: p.Allow.Users, Channels: p.Allow.Channels, Guilds: p.Allow.Guilds, Groups: groups, Bots: p.Bots},
		Remember: g.config.Delivery.DedupeWindow, Now: time.Now, Log: g.log,
		Count: func(o inbound.Outcome) { g.metrics.events.WithLabelValues(p.Name, string(o)).Inc() },
	})
}

// inboundKeptEvery is how often the workers' group is looked after and the
// inbound stream trimmed.
const inboundKeptEvery = 5 * time.Second

// keepInbound looks after the inbound stream until ctx ends.
func (g *Gateway) keepInbound(ctx context.Context) {
	if !g.pulse.awaitBeat(ctx) {
		return
	}
	keeper := inbound.Keeper{
		Stream: g.bus.Inbound(g.names), Every: inboundKeptEvery, Retention: g.config.Inbound.Retention, Log: g.log,
		Lost: func(n int64) { g.metrics.dropped.Add(float64(n)) },
	}
	keeper.Run(ctx)
}
