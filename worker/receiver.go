package worker

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	pollEvery   = time.Second      // at least this often is asked whose turn it is
	takeWithin  = 5 * time.Second  // one take, also when the worker is to stop
	sweepEvery  = 30 * time.Second // for what others left pending
	troubleMost = 5 * time.Second  // between two tries while Redis does not answer
	unsureMost  = 64               // takes without an answer that are remembered, the newest
)

// receiver is one Receive.
//
//	bell ─► take ─► run (one goroutine each) ─► done, dead or again
//	          ▲         keeper renews their leases        │
//	          └────────────────── freed ◄─────────────────┘
type receiver struct {
	client  *Client
	handler Handler
	o       ReceiveOptions
	turns   *turns
	log     *slog.Logger
	freed   chan struct{} // buffered: a run has ended

	mutex   sync.Mutex
	running map[*run]struct{}
	wg      sync.WaitGroup // of the runs
}

func newReceiver(c *Client, h Handler, o ReceiveOptions) *receiver {
	return &receiver{
		client: c, handler: h, o: o,
		turns:   newTurns(c, o.Lease, o.DeadRetention, o.MinIdle),
		log:     c.log.With("group", c.group, "consumer", c.consumer),
		freed:   make(chan struct{}, 1),
		running: map[*run]struct{}{},
	}
}

func (r *receiver) run(ctx context.Context) error {
	r.log.Info("receiving", "stream", r.turns.stream, "concurrency", r.o.Concurrency)
	helpers, stop := context.WithCancel(context.WithoutCancel(ctx))
	bell := newBell(r.turns.redis, r.turns.stream, pollEvery, r.log)
	var wg sync.WaitGroup
	wg.Go(func() { bell.ring(helpers) })
	wg.Go(func() { r.keep(helpers) })

	r.taking(ctx, bell)
	r.drain()
	stop()
	wg.Wait()
	return nil
}

// taking goes on until ctx ends.
func (r *receiver) taking(ctx context.Context, bell *bell) {
	trouble := backoff{least: 100 * time.Millisecond, most: troubleMost}
	q := request{}
	swept := time.Time{}
	for ctx.Err() == nil {
		q.want = r.o.Concurrency - r.count()
		if q.want == 0 {
			select {
			case <-r.freed:
			case <-ctx.Done():
			}
			continue
		}
		if q.cursor == "" && r.o.MinIdle > 0 && time.Since(swept) > sweepEvery {
			q.cursor = "0-0"
		}
		q.token = r.client.consumer + " " + rand.Text()
		got, err := r.take(ctx, q)
		if err != nil {
			if trouble.tries == 0 {
				r.log.Warn("no events can be taken; trying again", "error", err)
			}
			// It may have happened, and so may those before it.
			q.unanswered = append(q.unanswered[max(0, len(q.unanswered)+1-unsureMost):], q.token)
			trouble.wait(ctx)
			continue
		}
		trouble.reset()
		q.unanswered = nil
		if q.cursor = got.cursor; q.cursor == "0-0" {
			q.cursor, swept = "", time.Now()
		}
		for _, k := range got.tickets {
			r.start(ctx, k)
		}
		if len(got.tickets) == q.want || got.more || q.cursor != "" {
			continue
		}
		r.idle(ctx, bell, got)
	}
}

// take asks for events. Once asked it is not cut short: what is given away must
// be known here.
func (r *receiver) take(ctx context.Context, q request) (taken, error) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeWithin)
	defer cancel()
	got, err := r.turns.take(limited, q)
	if err != nil {
		return taken{}, err
	}
	if got.made {
		r.log.Info("the group was not there and has been made: every event that is left in the stream comes", "stream", r.turns.stream)
	}
	if got.gone > 0 {
		r.log.Warn("events were trimmed from the stream before their turn; they are lost", "stream", r.turns.stream, "events", got.gone)
	}
	return got, nil
}

// idle waits until there may be something to take: a new event, the end of a
// run or of a lease.
func (r *receiver) idle(ctx context.Context, bell *bell, got taken) {
	bell.ask(got.last)
	wait := pollEvery
	if got.next >= 0 {
		wait = min(wait, got.next+time.Millisecond)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-bell.rung:
	case <-r.freed:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (r *receiver) count() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.running)
}

// start begins a run. Its context has ctx's values but not its end; one that
// comes after the end is given back at once.
func (r *receiver) start(ctx context.Context, k ticket) {
	one := newRun(context.WithoutCancel(ctx), r, k)
	if ctx.Err() != nil {
		one.stop()
	}
	r.mutex.Lock()
	r.running[one] = struct{}{}
	r.mutex.Unlock()
	r.wg.Go(func() {
		defer r.ended(one)
		one.work()
	})
}

func (r *receiver) ended(one *run) {
	one.release()
	r.mutex.Lock()
	delete(r.running, one)
	r.mutex.Unlock()
	select {
	case r.freed <- struct{}{}:
	default:
	}
}

func (r *receiver) runs() []*run {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	list := make([]*run, 0, len(r.running))
	for one := range r.running {
		list = append(list, one)
	}
	return list
}

// drain waits for the runs. After a while it ends their contexts, and waits on:
// a handler that heeds nothing holds its worker up.
func (r *receiver) drain() {
	timer := time.AfterFunc(r.o.Drain, func() {
		for _, one := range r.runs() {
			one.stop()
		}
	})
	defer timer.Stop()
	r.wg.Wait()
	r.log.Info("stopped receiving", "stream", r.turns.stream)
}

// keep renews the leases of what is running until ctx ends.
func (r *receiver) keep(ctx context.Context) {
	ticker := time.NewTicker(r.o.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if err := r.renew(ctx); err != nil {
			r.log.Warn("leases could not be renewed", "error", err)
		}
	}
}

func (r *receiver) renew(ctx context.Context) error {
	runs := r.runs()
	if len(runs) == 0 {
		return nil
	}
	tickets := make([]ticket, len(runs))
	for i, one := range runs {
		tickets[i] = one.ticket
	}
	limited, cancel := context.WithTimeout(ctx, r.o.Lease/3)
	defer cancel()
	kept, until, err := r.turns.keep(limited, tickets)
	if err != nil {
		return fmt.Errorf("%d events: %w", len(runs), err)
	}
	for i, one := range runs {
		if kept[i] {
			one.extend(until)
		} else {
			one.lose()
		}
	}
	return nil
}
