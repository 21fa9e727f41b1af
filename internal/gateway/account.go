package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/inbound"
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/platform"
)

// account is one platform of the config on this node: its adapter, its
// consumer, and how both are. It is the consumer's Watcher.
type account struct {
	name     string
	kind     string
	groups   string // what is taken where more than one person talks, unless the config says
	adapter  platform.Adapter
	hooks    platform.HookHandler // nil if the adapter takes none
	pages    platform.PageHandler // nil if it has none
	consumer *outbound.Consumer
	stream   *bus.Stream
	key      string // of its description in Redis
	nodeID   string
	backlog  int
	log      *slog.Logger
	inbound  *inbound.Publisher
	rooms    platform.Rooms
	media    platform.Media
	secrets  *bus.Secrets
	wish     chan struct{}   // poked when the connection should perhaps open or close
	news     chan struct{}   // poked when there is something to tell
	roles    chan<- struct{} // poked when our role changed: the registry tells it
	end      context.CancelFunc
	loops    sync.WaitGroup
	yields   chan chan<- error // who waits for the connection to close
	lease    int64             // that the connection was opened with; the connect loop's own

	mutex     sync.Mutex
	now       standing
	untold    []string // status events to publish
	opened    bool
	described description
	cancel    context.CancelFunc // of the Open under way
	yielded   int64              // the lease that the connection is closed for, by its epoch
}

// newAccount builds a platform's adapter and consumer.
func (g *Gateway) newAccount(p config.Platform, kinds []platform.Kind) (*account, error) {
	kind, ok := findKind(kinds, p.Kind)
	if !ok {
		return nil, fmt.Errorf("this binary has no platform of kind %q", p.Kind)
	}
	log := g.log.With("platform", p.Name)
	adapter, err := kind.New(p.Settings())
	if err != nil {
		return nil, err
	}
	a := &account{
		name: p.Name, kind: p.Kind, groups: kind.Groups, adapter: adapter, key: g.names.Platform(p.Name), nodeID: g.node.ID,
		backlog: g.config.Delivery.BacklogCap, log: log, stream: g.bus.Stream(g.names, p.Name, g.node.ID),
		wish: make(chan struct{}, 1), yields: make(chan chan<- error), cancel: func() {}, news: make(chan struct{}, 1), roles: g.roles, end: func() {}, now: standing{state: platform.StateConnecting},
	}
	a.rooms, a.media, a.secrets = g.bus.Rooms(g.names, p.Name), g.media, g.secrets
	a.hooks, a.pages = handlers(adapter)
	a.inbound = g.inboundFor(a, p)
	d := g.config.Delivery
	limits := envelope.DefaultLimits()
	limits.MaxBytes = d.MaxEnvelope
	a.consumer, err = outbound.New(outbound.Config{
		Redis: g.bus, Names: g.names, Platform: p.Name, Adapter: adapter, Consumer: g.node.ID,
		AutoclaimInterval: d.AutoclaimEvery, AutoclaimMinIdle: d.AutoclaimMinIdle,
		Fleet: g.fleet, Yield: a.yield,
		ToolsDir: g.config.Tools.Dir, Tools: g.tools, Media: g.resolver(), OnUnknown: p.OnUnknown,
		Limits: outbound.Limits{ // a zero would be the default: a drain of 0 is one of no time
			Lease: d.Lease, InFlight: d.InFlight, DedupeWindow: d.DedupeWindow, RetryFor: d.RetryFor,
			MaxAge: d.MaxAge, DeadRetention: d.DeadRetention, Drain: max(d.DrainTimeout, 1), Envelope: limits,
		},
		Watcher: a, Meter: g.metrics.platform(p.Name), Log: g.log,
	})
	if err != nil {
		return nil, err
	}
	g.metrics.load.numbers[p.Name] = a.consumer.Numbers
	return a, nil
}

func findKind(kinds []platform.Kind, name string) (platform.Kind, bool) {
	for _, k := range kinds {
		if k.Name == name {
			return k, true
		}
	}
	return platform.Kind{}, false
}

// start starts the consumer, then the connection: there is a way for answers
// before the first question can arrive.
func (a *account) start(ctx context.Context) error {
	if err := a.consumer.Start(ctx); err != nil {
		return fmt.Errorf("platform %s: %w", a.name, err)
	}
	ctx, a.end = context.WithCancel(ctx)
	a.loops.Go(func() { a.herald(ctx) })
	a.loops.Go(func() { a.connect(ctx) })
	return nil
}

// closeTimeout is how long a stop waits for an adapter.
const closeTimeout = 2 * time.Second

// stop drains the consumer, then closes the connection. It returns soon when
// abort ends.
func (a *account) stop(abort context.Context) {
	if err := a.consumer.Stop(abort); err != nil {
		a.log.Warn("the consumer did not stop cleanly", "error", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	a.end()
	ended := make(chan struct{})
	go func() { defer close(ended); a.loops.Wait() }()
	select {
	case <-ended:
	case <-ctx.Done():
		a.log.Warn("the adapter does not let go of its Open; closing it all the same")
	}
	a.setOpen(false)
	if err := a.adapter.Close(ctx); err != nil {
		a.log.Warn("the connection did not close cleanly", "error", err)
	}
}
