// Package gateway is one node: it builds everything from the config, starts
// it in order, tells how it is, and stops it in order.
//
//	new    adapters and consumers are built, HTTP listens
//	start  pulse of Redis, registry, HTTP ─► for each platform: consumer ─► adapter
//	stop   consumers drain ─► adapters close ─► HTTP ─► registry ─► Redis
//
// Nothing in the start waits for Redis: what needs it begins when it answers.
package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/media"
	"github.com/posternhq/postern/internal/tool"
	"github.com/posternhq/postern/platform"
)

// Options are what a node is built from.
type Options struct {
	Config  *config.Config
	Kinds   []platform.Kind
	Log     *slog.Logger
	Version string
}

// Gateway is a node. Run it once.
type Gateway struct {
	config   *config.Config
	names    envelope.Names
	log      *slog.Logger
	bus      *bus.Bus
	metrics  *metrics
	pulse    *pulse
	tools    *tool.Registry
	secrets  *bus.Secrets
	media    *media.Store
	waiters  *bus.Waiters // for receipts, over HTTP
	accounts []*account
	roles    chan struct{} // poked when an account's role changed
	fleet    *spreader
	node     bus.Node
	listener *server

	abort    context.Context // ends at Abort
	abortNow context.CancelFunc
}

// New builds a node and listens on its HTTP address, so that a config that
// cannot work fails before anything starts. It does not wait for Redis.
func New(o Options) (*Gateway, error) {
	cfg := o.Config
	b, err := bus.Open(bus.Options{URL: cfg.Redis.URL.Reveal(), Log: o.Log})
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		config: cfg, names: cfg.Names(), log: o.Log, bus: b, metrics: newMetrics(),
		pulse: newPulse(b.Ping), tools: tool.New(tool.Config{Dir: cfg.Tools.Dir, Log: o.Log}),
	}
	g.secrets, g.waiters = b.Secrets(g.names), b.NewWaiters(mostWaiting)
	g.roles = make(chan struct{}, 1)
	g.metrics.waiting.bus, g.metrics.waiting.log = b, o.Log
	g.fleet = newSpreader(g)
	g.abort, g.abortNow = context.WithCancel(context.Background())
	if err := g.names.Check(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if g.media, err = g.newMedia(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	host, _ := os.Hostname() // only told
	g.node = bus.Node{
		ID: cfg.Node.ID, Incarnation: rand.Text(), Host: host, PID: os.Getpid(), Version: o.Version, Started: time.Now().UTC(),
	}
	for _, p := range cfg.Platforms {
		a, err := g.newAccount(p, o.Kinds)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("platform %s: %w", p.Name, err), b.Close())
		}
		g.accounts = append(g.accounts, a)
		g.metrics.waiting.accounts = g.accounts
		g.node.Platforms = append(g.node.Platforms, p.Name)
	}
	if g.listener, err = g.listen(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	g.node.HTTP = g.listener.addr()
	return g, nil
}

// Addr is the HTTP address listened on.
func (g *Gateway) Addr() string { return g.listener.addr() }

// Abort ends a Run at once: what is in flight is left to the next owner.
func (g *Gateway) Abort() { g.abortNow() }

// Run serves until parent ends, then drains and returns nil; after Abort it
// returns soon. An error means that the node could not go on, such as
// bus.ErrReplaced.
func (g *Gateway) Run(parent context.Context) error {
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	disarm := context.AfterFunc(g.abort, func() { stop(nil) })
	defer disarm()
	var background sync.WaitGroup
	helping, endHelp := context.WithCancel(g.abort) // goes on while consumers drain
	defer endHelp()

	g.greet()
	background.Go(func() { g.pulse.run(helping) })
	background.Go(func() { g.examine(helping) })
	background.Go(func() {
		if err := g.register(helping); err != nil {
			stop(err)
		}
	})
	background.Go(func() { g.fleet.run(ctx) })
	background.Go(func() { g.keepInbound(helping) })
	background.Go(func() { g.media.Run(helping) })
	background.Go(func() {
		if err := g.listener.serve(); err != nil {
			stop(err)
		}
	})
	opening := platform.WithHookLocal(helping, onLoopback(g.listener.listener.Addr()))
	for _, a := range g.accounts {
		if err := a.start(opening); err != nil {
			stop(err)
			break
		}
	}
	<-ctx.Done()
	g.pulse.stopping()
	g.log.Info("stopping: finishing what is in flight", "at_most", g.config.Delivery.DrainTimeout)
	g.leave()
	g.stopAccounts()
	err := errors.Join(g.listener.close(g.abort), g.tools.Close(g.abort))
	endHelp()
	background.Wait()
	g.media.Close()
	err = errors.Join(err, g.unregister(), g.bus.Close())
	if cause := context.Cause(ctx); cause != context.Canceled && cause != context.Cause(parent) { // one that we gave to stop
		return errors.Join(cause, err)
	}
	if err != nil {
		g.log.Warn("stopped, not quite cleanly", "error", err)
	} else {
		g.log.Info("stopped")
	}
	return nil
}

// greet says what this node is.
func (g *Gateway) greet() {
	g.log.Info("postern starts", "node", g.node.ID, "version", g.node.Version, "http", g.Addr(), "platforms", g.node.Platforms)
	for _, a := range g.accounts {
		if a.pages != nil {
			g.log.Info("a page for people", "platform", a.name, "at", "http://"+g.Addr()+"/chat/"+a.name)
		}
	}
	if addr := g.bus.Addr(); addr != "" {
		g.log.Warn("redis is embedded: NOTHING SURVIVES THE END OF THIS PROCESS; set redis.url to a real Redis before anything matters",
			"redis", "redis://"+addr+"/0")
	}
}

// examine says in plain words what Redis' settings mean for the promise, once
// it answers.
func (g *Gateway) examine(ctx context.Context) {
	if !g.pulse.awaitBeat(ctx) {
		return
	}
	findings, err := g.bus.Examine(ctx)
	if err != nil {
		g.log.Warn("redis does not say how it is set up", "error", err)
		return
	}
	for _, f := range findings {
		if f.OK {
			g.log.Info("redis "+f.What, "means", f.Says)
		} else {
			g.log.Warn("redis "+f.What, "means", f.Says, "do", f.Cure)
		}
	}
}

// stopAccounts stops all platforms side by side.
func (g *Gateway) stopAccounts() {
	var wait sync.WaitGroup
	for _, a := range g.accounts {
		wait.Go(func() { a.stop(g.abort) })
	}
	wait.Wait()
}
