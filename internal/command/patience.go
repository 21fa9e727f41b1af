package command

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// patience is how a command that follows Redis bears its going away: it says
// so once, waits, and says when it is back. It is shared by all that follow.
type patience struct {
	mutex sync.Mutex
	out   io.Writer
	away  bool
}

func newPatience(out io.Writer) *patience { return &patience{out: out} }

// wait tells of an error and waits a second, or until ctx ends.
func (p *patience) wait(ctx context.Context, err error) {
	p.mutex.Lock()
	if !p.away && ctx.Err() == nil {
		p.away = true
		fmt.Fprintln(p.out, "redis does not answer:", err, "(following on as soon as it does)")
	}
	p.mutex.Unlock()
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// over tells that it answers again.
func (p *patience) over() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.away {
		p.away = false
		fmt.Fprintln(p.out, "redis answers again")
	}
}
