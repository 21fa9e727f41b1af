package worker

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/test/fault/history"
)

// Config is one crowd on one platform's stream.
type Config struct {
	// Redis is a client that tries nothing again by itself (MaxRetries -1): a
	// publish whose answer was lost is to be noted, not repeated unseen.
	Redis redis.UniversalClient

	Stream    string // the outbound stream S
	Group     string // its consumer group
	Namespace string // "" = postern
	Seed      uint64
	Workers   int // 0 = 4
	Envelopes int // in all, about
	Profile   Profile

	// InSlot: every list lies in the stream's slot, so that on a Cluster each
	// receipt is pushed once.
	InSlot bool
}

// Crowd is the workers of one platform. Run is called once; the others at any
// time, from any goroutine.
type Crowd struct {
	config  Config
	scripts [][]line // by worker

	mu      sync.Mutex
	said    []history.Said
	newest  string // the highest id that XADD has answered
	spoken  map[*history.Operation]bool
	lists   map[string]bool     // of receipts
	calls   map[string]bool     // of replies
	heard   map[string][]string // of calls, as a list was last read
	replies []history.Reply
}

// New writes the crowd's scripts.
func New(c Config) *Crowd {
	if c.Workers == 0 {
		c.Workers = 4
	}
	if c.Namespace == "" {
		c.Namespace = "postern"
	}
	crowd := &Crowd{
		config: c, spoken: make(map[*history.Operation]bool),
		lists: make(map[string]bool), calls: make(map[string]bool), heard: make(map[string][]string),
	}
	for w := range c.Workers {
		crowd.scripts = append(crowd.scripts, script(c.Seed, w, c.Envelopes/c.Workers, c.Profile))
	}
	return crowd
}

// Run lets the workers say everything, and returns when they have, or when ctx
// has ended. Redis being away only delays them.
func (c *Crowd) Run(ctx context.Context) error {
	var all sync.WaitGroup
	failed := make([]error, len(c.scripts))
	for w := range c.scripts {
		all.Go(func() { failed[w] = c.work(ctx, w) })
	}
	all.Wait()
	for w, err := range failed {
		if err != nil {
			return fmt.Errorf("worker %d: %w", w, err)
		}
	}
	return nil
}

// work is one worker's life, crashes included.
func (c *Crowd) work(ctx context.Context, w int) error {
	name := fmt.Sprintf("w%d", w)
	random := rand.New(rand.NewPCG(c.config.Seed, uint64(w)+1_000_003))
	lines := c.scripts[w]
	crashed := make(map[int]bool)
	for at := 0; at < len(lines); at++ {
		l := &lines[at]
		if err := c.say(ctx, name, random, l); err != nil {
			return err
		}
		if random.Float64() < 0.03 { // another one answers the same question
			if other := c.scripts[random.IntN(len(c.scripts))]; at < len(other) && other[at].repeatable() {
				if err := c.say(ctx, name, random, &other[at]); err != nil {
					return err
				}
			}
		}
		if l.crash > 0 && !crashed[at] {
			crashed[at] = true
			at = max(-1, at-l.crash)
		}
		if err := rest(ctx, time.Duration(random.ExpFloat64()*float64(c.config.Profile.Pause))); err != nil {
			return err
		}
	}
	return nil
}

// Said is everything that was published so far, or may have been.
func (c *Crowd) Said() []history.Said {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.said)
}

// Published is how many envelopes have been published so far.
func (c *Crowd) Published() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.said)
}

func rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
