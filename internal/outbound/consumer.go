package outbound

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/tool"
	"github.com/posternhq/postern/platform"
)

// Limits are a consumer's numbers. A zero one is the default.
type Limits struct {
	Lease         time.Duration // 15 s: after a crash, the next owner takes over within it
	InFlight      int           // 256 operations at once, over all lanes
	DedupeWindow  time.Duration // 24 h from its end that a key is remembered
	RetryFor      time.Duration // 24 h from publishing that a failing one is retried
	MaxAge        time.Duration // 24 h from publishing that one may still be started
	DeadRetention time.Duration // 30 days that a dead letter is kept
	Drain         time.Duration // 30 s that a stop waits for what is in flight
	Envelope      envelope.Limits
}

func (l Limits) withDefaults() Limits {
	day := 24 * time.Hour
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&l.Lease, 15*time.Second)
	set(&l.DedupeWindow, day)
	set(&l.RetryFor, day)
	set(&l.MaxAge, day)
	set(&l.DeadRetention, 30*day)
	set(&l.Drain, 30*time.Second)
	if l.InFlight == 0 {
		l.InFlight = 256
	}
	if l.Envelope == (envelope.Limits{}) {
		l.Envelope = envelope.DefaultLimits()
	}
	return l
}

// Config says what a consumer serves. Redis, Platform, Adapter and Consumer
// are required.
type Config struct {
	Redis    *bus.Bus
	Names    envelope.Names
	Platform string // its name in the config
	Adapter  platform.Adapter
	Consumer string // our name in the consumer group: the node's id

	AutoclaimInterval time.Duration // 30 s between sweeps of the pending list
	AutoclaimMinIdle  time.Duration // 60,000 ms that an entry must lie idle for one

	ToolsDir string         // "tools"; looked at when the first tool is asked for
	Tools    *tool.Registry // shared by several consumers; nil = one of our own over ToolsDir

	OnUnknown string // the platform's default for a send that may have happened
	Limits    Limits
	Watcher   Watcher
	Meter     Meter
	Log       *slog.Logger
}

// Watcher hears how a consumer is. Its methods are called from the consumer's
// goroutines and must not block.
type Watcher interface {
	// Role says whether this consumer is active, and under which epoch,
	// stands by, or does not know (it just lost the lease, or ends).
	Role(role Role, epoch int64)
	// Outage says that the platform fails for everybody, or does so no more;
	// auth: because it refuses the credentials.
	Outage(standing, auth bool)
	// Paused says that an operator paused the platform or resumed it.
	Paused(paused bool)
}

// Role is what a consumer is to its platform.
type Role string

// The roles.
const (
	RoleNone    Role = ""
	RoleStandby Role = "standby"
	RoleActive  Role = "active"
)

type noWatcher struct{}

func (noWatcher) Role(Role, int64)  {}
func (noWatcher) Outage(bool, bool) {}
func (noWatcher) Paused(bool)       {}

// Consumer delivers one platform's stream, alone among the nodes while it
// holds the platform's lease, else standing by.
//
// Start once, Stop once; both are safe to call from any goroutine. A Stop
// before Start makes Start fail; a second Stop waits for the first.
type Consumer struct {
	cfg      Config
	stream   *bus.Stream
	status   *status
	memory   *memory
	ownTools bool

	mutex    sync.Mutex
	started  bool
	stopping chan struct{} // closed by Stop
	abort    context.CancelFunc
	done     chan struct{}
	last     string // the token of our last tenure
}

// New makes a consumer. It talks to nobody yet.
func New(cfg Config) (*Consumer, error) {
	switch {
	case cfg.Redis == nil || cfg.Adapter == nil || cfg.Consumer == "":
		return nil, errors.New("an outbound consumer needs redis, an adapter and a consumer name")
	case cfg.Names.Namespace == "":
		cfg.Names = envelope.NewNames("postern")
	}
	if err := envelope.CheckPlatform(cfg.Platform); err != nil {
		return nil, err
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.AutoclaimInterval == 0 {
		cfg.AutoclaimInterval = 30 * time.Second
	}
	if cfg.AutoclaimMinIdle == 0 {
		cfg.AutoclaimMinIdle = 60_000 * time.Millisecond
	}
	if cfg.ToolsDir == "" {
		cfg.ToolsDir = "tools"
	}
	if cfg.OnUnknown == "" {
		cfg.OnUnknown = envelope.UnknownResend
	}
	if cfg.Watcher == nil {
		cfg.Watcher = noWatcher{}
	}
	if cfg.Meter == nil {
		cfg.Meter = noMeter{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Log = cfg.Log.With("platform", cfg.Platform)
	c := &Consumer{
		cfg: cfg, stream: cfg.Redis.Stream(cfg.Names, cfg.Platform, cfg.Consumer), status: newStatus(), memory: newMemory(),
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
	if cfg.Tools == nil {
		c.cfg.Tools, c.ownTools = tool.New(tool.Config{Dir: cfg.ToolsDir, Log: cfg.Log}), true
	}
	return c, nil
}

// Start returns at once with the loops running; they stand by until the lease
// is ours. ctx is not kept.
func (c *Consumer) Start(context.Context) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	select {
	case <-c.stopping:
		return errStopped
	default:
	}
	if c.started {
		return errors.New("the consumer was started already")
	}
	c.started = true
	ctx, abort := context.WithCancel(context.Background())
	c.abort = abort
	c.cfg.Log.Info("outbound consumer started", "stream", c.stream.Name, "group", c.stream.Group, "consumer", c.stream.Consumer)
	go c.run(ctx)
	return nil
}

// Stop drains: nothing new is taken, what is in flight is finished within
// Limits.Drain, the lease is released. When ctx ends it stops at once, and
// what was in flight is the next owner's. It returns when nothing runs.
func (c *Consumer) Stop(ctx context.Context) error {
	c.mutex.Lock()
	select {
	case <-c.stopping:
	default:
		close(c.stopping)
	}
	started := c.started
	c.mutex.Unlock()
	if !started {
		return nil
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		c.abort()
		<-c.done
	}
	if c.ownTools {
		return c.cfg.Tools.Close(ctx)
	}
	return nil
}

// SetReady says whether the adapter can send. Until it can, entries wait and
// nothing counts as an attempt.
func (c *Consumer) SetReady(ready bool) { c.status.set(func(s *status) { s.ready = ready }) }

// Numbers says what the consumer is busy with; all zero while it stands by.
func (c *Consumer) Numbers() Numbers {
	if n := c.status.numbers.Load(); n != nil {
		return *n
	}
	return Numbers{}
}

// run stands by and serves, tenure after tenure, until Stop or abort.
func (c *Consumer) run(ctx context.Context) {
	defer close(c.done)
	defer c.abort()
	notices, closeNotices := c.stream.Notices(ctx)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer closeNotices()
	released := make(chan struct{}, 1)
	wait.Go(func() { c.hear(notices, released) })
	for ctx.Err() == nil {
		held, start, err := c.standBy(ctx, released)
		if err != nil {
			return
		}
		c.cfg.Log.Info("active: the lease is ours", "epoch", held.Epoch)
		c.cfg.Meter.Tenure(true)
		c.cfg.Watcher.Role(RoleActive, held.Epoch)
		err = c.newTenure(held, start).run(ctx, c.stopping)
		c.cfg.Watcher.Role(RoleNone, held.Epoch)
		c.cfg.Meter.Tenure(false)
		c.last = held.Token
		switch {
		case err == nil:
			c.cfg.Log.Info("stopped: drained, and the lease released")
			return
		case c.over(ctx):
			c.cfg.Log.Warn("stopped in the middle: what was in flight is the next owner's", "why", err)
			return
		default:
			c.cfg.Log.Warn("standing by: the lease was lost", "why", err)
		}
	}
}

// hear passes on what is published about the lease and the platform.
func (c *Consumer) hear(notices <-chan notice, released chan<- struct{}) {
	for n := range notices {
		switch n.Payload {
		case bus.NoticeReleased:
			select {
			case released <- struct{}{}:
			default:
			}
		case bus.NoticePaused, bus.NoticeResumed:
			c.setPaused(n.Payload == bus.NoticePaused)
		}
	}
}

func (c *Consumer) setPaused(paused bool) {
	if c.status.isPaused() == paused {
		return
	}
	c.status.set(func(s *status) { s.paused = paused })
	c.cfg.Log.Info("an operator changed the platform", "paused", paused)
	c.cfg.Watcher.Paused(paused)
}

var errStopped = errors.New("the consumer was stopped")
