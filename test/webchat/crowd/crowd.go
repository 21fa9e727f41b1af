// Package crowd is many people on web chat, and a worker that echoes what they
// say: real sockets, for a test or a measurement of the node they talk to. What
// comes back is held against what was said.
package crowd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/child"
)

// Crowd is pages, on one node or several. Its methods are for one goroutine.
type Crowd struct {
	In        Latencies // from a page to the worker; of what was said until Leave
	Out, Both Latencies // from the worker to the page, and from page to page; after Leave
	Heard     int       // echoes; after Leave

	chat    string
	began   time.Time
	worker  *echo
	stop    func() error
	pages   []*page
	reading sync.WaitGroup
}

// Gather starts the worker of a chat. The crowd is left with Leave.
func Gather(ctx context.Context, rdb redis.UniversalClient, names envelope.Names, chat string) *Crowd {
	c := &Crowd{chat: chat, began: time.Now()}
	c.worker, c.stop = startEcho(ctx, rdb, names, chat, c.now)
	return c
}

func (c *Crowd) now() time.Duration { return time.Since(c.began) }

// enterWithin bounds until a chat is open: a node that stands by is ready a
// moment before.
const enterWithin = 30 * time.Second

// Enter opens n more pages on a node, some at a time.
func (c *Crowd) Enter(ctx context.Context, addr string, n int) error {
	client := sessions()
	defer client.CloseIdleConnections()
	pages := make([]*page, n)
	limited, cancel := context.WithTimeout(ctx, enterWithin)
	defer cancel()
	err := child.Until(limited, "the chat is open", func() (err error) {
		pages[0], err = enter(ctx, client, addr, c.chat, c.now)
		return err
	})
	if err != nil {
		return err
	}
	var entering errgroup.Group
	entering.SetLimit(32)
	for i := 1; i < n; i++ {
		entering.Go(func() (err error) {
			pages[i], err = enter(ctx, client, addr, c.chat, c.now)
			return err
		})
	}
	err = entering.Wait()
	for _, p := range pages {
		if p != nil {
			c.pages = append(c.pages, p)
			c.reading.Go(p.read)
		}
	}
	if err != nil {
		return fmt.Errorf("open a page: %w", err)
	}
	return nil
}

// Talk has each page say something each second, the pages evenly spread over
// it. What a page says bears the time at which it was due: if the load runs
// late, because the machine is busy or a socket takes nothing, that is part of
// what is measured. One goroutine for all costs the machine less than one each.
func (c *Crowd) Talk(lasts time.Duration) error {
	gap := time.Second / time.Duration(len(c.pages))
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for due, end, i := c.now(), c.now()+lasts, 0; due < end; due, i = due+gap, i+1 {
		if early := due - c.now(); early > 0 {
			timer.Reset(early)
			<-timer.C
		}
		if err := c.pages[i%len(c.pages)].say(due); err != nil {
			return fmt.Errorf("a page could not send: %w", err)
		}
	}
	return nil
}

// Sent is how much was said.
func (c *Crowd) Sent() (n int) {
	for _, p := range c.pages {
		n += p.sent
	}
	return n
}

// Settle waits until all that was said is acknowledged, echoed and heard.
func (c *Crowd) Settle(ctx context.Context, within time.Duration) error {
	sent := int64(c.Sent())
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return child.Until(ctx, "all is acknowledged, echoed and heard", func() error {
		var acked, heard int64
		for _, p := range c.pages {
			acked, heard = acked+p.acked.Load(), heard+p.echoes.Load()
		}
		if echoed := c.worker.echoed.Load(); acked != sent || echoed != sent || heard < sent {
			return fmt.Errorf("%d sent, %d acknowledged, %d echoed, %d heard", sent, acked, echoed, heard)
		}
		return nil
	})
}

// errLost is what is wrong with a page that heard nothing wrong, and too little.
var errLost = errors.New("the rest is lost")

// Leave ends the pages' connections and the worker. Its error tells of all
// that was lost, came twice or out of order. Once more does nothing.
func (c *Crowd) Leave() error {
	for _, p := range c.pages {
		p.leaving.Store(true)
		_ = p.conn.CloseNow()
	}
	c.reading.Wait()
	errs := []error{c.stop()}
	c.In = c.worker.in
	for i, p := range c.pages {
		if p.wrong != nil || p.heard != p.sent {
			errs = append(errs, fmt.Errorf("page %d sent %d and heard %d: %w", i, p.sent, p.heard, cmp.Or(p.wrong, errLost)))
		}
		c.Heard += p.heard
		c.Out, c.Both = append(c.Out, p.out...), append(c.Both, p.both...)
	}
	c.pages = nil
	return errors.Join(errs...)
}
