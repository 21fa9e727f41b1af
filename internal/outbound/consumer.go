package outbound

import (
	"context"
	"errors"
	"sync"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/tool"
)

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
	last     string      // the token of our last tenure
	token    string      // of the tenure that we are in, "" = we are not active
	giving   bool        // its lease is being given away
	gifts    chan string // to whom
}

// New makes a consumer. It talks to nobody yet.
func New(cfg Config) (*Consumer, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Consumer{
		cfg: cfg, stream: cfg.Redis.Stream(cfg.Names, cfg.Platform, cfg.Consumer), status: newStatus(), memory: newMemory(),
		stopping: make(chan struct{}), done: make(chan struct{}), gifts: make(chan string, 1),
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
	listening, deafen := context.WithCancel(ctx)
	released := make(chan string, 1)
	var wait sync.WaitGroup
	wait.Go(func() { c.hear(c.stream.Notices(listening), released) })
	defer wait.Wait()
	defer deafen()
	var gave string
	for ctx.Err() == nil {
		if gave != "" && !c.rest(ctx, giverGrace, nil) {
			return
		}
		lease, err := c.standBy(ctx, released)
		if err != nil {
			return
		}
		c.setActive(lease.Token)
		c.cfg.Log.Info("active: the lease is ours", "epoch", lease.Epoch)
		c.cfg.Meter.Tenure(true)
		c.cfg.Watcher.Outage(false, false) // what an earlier tenure knew of it is over
		c.cfg.Watcher.Role(RoleActive, lease.Epoch)
		gave, err = c.newTenure(lease).run(ctx, c.stopping)
		c.setActive("")
		c.cfg.Meter.Tenure(false)
		c.last = lease.Token
		switch {
		case err == nil:
			c.cfg.Log.Info("drained, and the lease released", "for", gave)
			if c.over(ctx) {
				return
			}
		case c.over(ctx):
			c.cfg.Log.Warn("stopped in the middle: what was in flight is the next owner's", "why", err)
			return
		default:
			c.cfg.Log.Warn("standing by: the lease was lost", "why", err)
		}
	}
}

// hear passes on what is published about the lease and the platform.
func (c *Consumer) hear(notices <-chan string, released chan string) {
	for n := range notices {
		heir, free := bus.Released(n)
		if free || n == bus.NoticeListening { // then it may have been released unheard
			select { // only the latest matters
			case <-released:
			default:
			}
			released <- heir
			continue
		}
		switch n {
		case bus.NoticePaused, bus.NoticeResumed:
			c.setPaused(n == bus.NoticePaused)
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
