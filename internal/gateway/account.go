package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
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
	adapter  platform.Adapter
	hooks    platform.HookHandler // nil if the adapter takes none
	consumer *outbound.Consumer
	stream   *bus.Stream
	key      string // of its description in Redis
	nodeID   string
	backlog  int
	log      *slog.Logger
	inbound  *inbound.Publisher
	wish     chan struct{} // poked when the connection should open or close
	done     chan struct{}

	mutex  sync.Mutex
	now    standing
	opened bool
}

// standing is how an account is.
type standing struct {
	role   outbound.Role
	epoch  int64
	state  platform.State
	reason string
	paused bool
	outage bool
	auth   bool
}

// newAccount builds a platform's adapter and consumer.
func (g *Gateway) newAccount(p config.Platform, kinds []platform.Kind) (*account, error) {
	kind, ok := findKind(kinds, p.Kind)
	if !ok {
		return nil, fmt.Errorf("this binary has no platform of kind %q", p.Kind)
	}
	log := g.log.With("platform", p.Name)
	adapter, err := kind.New(p.Settings(log))
	if err != nil {
		return nil, err
	}
	a := &account{
		name: p.Name, kind: p.Kind, adapter: adapter, key: g.names.Platform(p.Name), nodeID: g.node.ID,
		backlog: g.config.Delivery.BacklogCap, log: log, stream: g.bus.Stream(g.names, p.Name, g.node.ID),
		wish: make(chan struct{}, 1), done: make(chan struct{}), now: standing{state: platform.StateConnecting},
	}
	a.hooks, _ = adapter.(platform.HookHandler)
	a.inbound = g.inboundFor(a, p)
	d := g.config.Delivery
	limits := envelope.DefaultLimits()
	limits.MaxBytes = d.MaxEnvelope
	a.consumer, err = outbound.New(outbound.Config{
		Redis: g.bus, Names: g.names, Platform: p.Name, Adapter: adapter, Consumer: g.node.ID,
		AutoclaimInterval: d.AutoclaimEvery, AutoclaimMinIdle: d.AutoclaimMinIdle,
		ToolsDir: g.config.Tools.Dir, Tools: g.tools, OnUnknown: p.OnUnknown,
		Limits: outbound.Limits{
			Lease: d.Lease, InFlight: d.InFlight, DedupeWindow: d.DedupeWindow, RetryFor: d.RetryFor,
			MaxAge: d.MaxAge, DeadRetention: d.DeadRetention, Drain: d.DrainTimeout, Envelope: limits,
		},
		Watcher: a, Meter: g.metrics.platform(p.Name), Log: g.log,
	})
	return a, err
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
	go func() { defer close(a.done); a.connect(ctx) }()
	a.poke()
	return nil
}

// stop drains the consumer, then closes the connection. It returns at once
// when abort ends.
func (a *account) stop(abort context.Context) {
	if err := a.consumer.Stop(abort); err != nil {
		a.log.Warn("the consumer did not stop cleanly", "error", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := a.adapter.Close(ctx); err != nil {
		a.log.Warn("the connection did not close cleanly", "error", err)
	}
}

// connect opens and closes the connection as it should be, trying on, each
// platform on its own clock, until ctx ends.
func (a *account) connect(ctx context.Context) {
	const first, most = time.Second, time.Minute
	wait := first
	for {
		var retry <-chan time.Time
		switch want := a.wantsConnection(); {
		case want && !a.isOpen():
			if err := a.adapter.Open(ctx, host{a}); err != nil {
				a.log.Warn("the platform cannot be opened; trying again", "in", wait, "error", err)
				a.setState(platform.StateLost, err.Error())
				retry = time.After(wait)
				wait = min(2*wait, most)
			} else {
				a.setOpen(true)
				wait = first
			}
		case !want && a.isOpen():
			if err := a.adapter.Close(ctx); err != nil {
				a.log.Warn("the connection did not close cleanly", "error", err)
			}
			a.setOpen(false)
			a.setState(platform.StateConnecting, "waiting for the lease")
		}
		select {
		case <-a.wish:
		case <-retry:
		case <-ctx.Done():
			return
		}
	}
}

func (a *account) poke() {
	select {
	case a.wish <- struct{}{}:
	default:
	}
}

// wantsConnection reports whether the connection should be open: always, or
// with the lease where the platform bears only one.
func (a *account) wantsConnection() bool {
	if !a.adapter.Capabilities().LeaseBound {
		return true
	}
	role, _ := a.role()
	return role == outbound.RoleActive
}

func (a *account) isOpen() bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.opened
}

func (a *account) setOpen(open bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.opened = open
}

// serveHook hands a callback to the adapter, once it is open.
func (a *account) serveHook(w http.ResponseWriter, r *http.Request) {
	if !a.isOpen() {
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusServiceUnavailable, envelope.CodeUnavailable, "the platform is not open yet")
		return
	}
	a.hooks.ServeHook(w, r)
}

func (a *account) role() (outbound.Role, int64) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.now.role, a.now.epoch
}

// describe writes what the platform is and can do, while we are active.
func (a *account) describe(ctx context.Context) {
	a.mutex.Lock()
	now := a.now
	a.mutex.Unlock()
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
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err = a.stream.Describe(limited, a.key, map[string]string{
		"kind": a.kind, "state": now.word(), "reason": now.reason, "capabilities": string(caps), "identity": string(identity),
		"backlog_cap": strconv.Itoa(a.backlog), "node": a.nodeID, "epoch": strconv.FormatInt(now.epoch, 10),
		"lanes": strconv.Itoa(busy.Lanes), "lanes_held": strconv.Itoa(busy.Held), "in_flight": strconv.Itoa(busy.InFlight),
	})
	if err != nil {
		a.log.Debug("the platform's description was not written", "error", err)
	}
}
