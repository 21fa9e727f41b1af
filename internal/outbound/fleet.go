package outbound

import (
	"context"
	"time"
)

// Fleet is what a consumer asks about the consumers of other nodes. Its methods
// must not block.
type Fleet interface {
	// Heir is the node that is to take over when we stop; "" is whoever comes
	// first.
	Heir(platform string) string
	// Grace is how long to leave a free lease to others, whom it is rather for;
	// holder had it, and seems to be gone.
	Grace(platform, holder string) time.Duration
}

// alone is a fleet of which nothing is known.
type alone struct{}

func (alone) Heir(string) string                 { return "" }
func (alone) Grace(string, string) time.Duration { return 0 }

// A lease that was released for one node is left to it so long: by the others,
// and longer by the one who gave it. Should it not come, they take over.
const (
	heirGrace  = 300 * time.Millisecond
	giverGrace = time.Second
)

// Give drains the platform and releases its lease for another node. False: we
// are not active, or give it away already. It does not wait.
func (c *Consumer) Give(to string) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.token == "" || c.giving {
		return false
	}
	c.giving = true
	c.gifts <- to // one a tenure: there is room
	return true
}

// Giving reports whether the platform is being given away.
func (c *Consumer) Giving() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.giving
}

// Outrank raises the epoch that we are active under above one that is known
// elsewhere, if it is below it, and returns what it is then. It fails if we are
// not active.
func (c *Consumer) Outrank(ctx context.Context, known int64) (epoch int64, err error) {
	c.mutex.Lock()
	token := c.token
	c.mutex.Unlock()
	return c.stream.Outrank(ctx, token, known)
}

// setActive notes that a tenure begins under a token, or with none has ended;
// what was to be given away in it is forgotten.
func (c *Consumer) setActive(token string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.token, c.giving = token, false
	select {
	case <-c.gifts:
	default:
	}
}
