package outbound

import (
	"errors"
	"sync/atomic"

	"github.com/posternhq/postern/platform"
)

// errForgotten says that the platform may have forgotten a part's key by now:
// the same part would be a second one.
var errForgotten = errors.New("the platform may have forgotten the part's key")

// permit is the right to send one part: the lease's, and where it goes out
// again under a key that the platform keeps for a while, within that while. A
// part that is held up before its first byte must not arrive after it.
type permit struct {
	trust  *trust
	kept   func() bool // the platform still keeps the part's key; nil = it need not
	closed atomic.Bool // it was refused because that was over
}

// permit is that of the open part's next attempt; fresh: it is the first.
func (c *courier) permit(e *entry, part platform.Part, fresh bool) *permit {
	p := &permit{trust: c.trust}
	safe, started := c.senderOf(e, part).Safe, e.trial.claim.StartedAt
	if !fresh && e.trial.again && safe.Window > 0 && !safe.StateOnly {
		p.kept = func() bool { return safe.Holds(started, c.clock.latest()) }
	}
	return p
}

// check is asked before each write to the platform.
func (p *permit) check() error {
	if err := p.trust.permit(); err != nil {
		return err
	}
	if p.kept != nil && !p.kept() {
		p.closed.Store(true)
		return errForgotten
	}
	return nil
}
