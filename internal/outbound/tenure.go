package outbound

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// tenure is one time that this consumer is active: from the take-over of what
// is pending to the release of the lease, or its loss. Nothing of it outlives
// it but what is in Redis, and memory: see doc.go.
type tenure struct {
	consumer *Consumer
	lease    bus.Lease
	trust    *trust
	ledger   *bus.Ledger
	reader   *reader
	desk     *desk
	books    *books
	keeper   *gatekeeper
	arrivals chan arrival
	dropping chan struct{}
	log      *slog.Logger
}

// newTenure builds a tenure for a lease.
func (c *Consumer) newTenure(lease grant) *tenure {
	t := &tenure{
		consumer: c, lease: lease.Lease, trust: newTrust(time.Now, c.cfg.Limits.Lease, lease.asked),
		arrivals: make(chan arrival), dropping: make(chan struct{}), log: c.cfg.Log,
	}
	p := c.newParts(lease.Token)
	t.ledger = p.stream.NewLedger(p.token, c.cfg.Limits.DeadRetention)
	t.keeper = newGatekeeper(p.stream, p.token, p.gates, t.log)
	t.books = newBooks(p, t.ledger, c.memory)
	t.reader = newReader(p, t.arrivals, t.lookFirst)
	t.desk = newDesk(p, c.status, newCourier(p, t.books, t.trust, t.dropping, lease.robbed), newClerk(p, t.books, t.dropping))
	return t
}

// run serves until stop is closed, or the platform is given to another node,
// and then drains; it returns nil, and for whom, once the lease is released. An
// error says how the lease was lost instead, or that ctx ended. Either is told
// the watcher as soon as it is so.
func (t *tenure) run(ctx context.Context, stop <-chan struct{}) (heir string, err error) {
	life, end := context.WithCancelCause(ctx)
	defer end(nil)
	t.books.life = life
	reading, stopReading := context.WithCancel(life)
	defer stopReading()
	sending, stopSending := context.WithCancel(life)
	defer stopSending()
	drain, delivered := make(chan struct{}), make(chan struct{})

	var wait sync.WaitGroup
	wait.Go(func() { // at once: a call to a Redis that is cut off may outlast the lease
		<-life.Done()
		t.consumer.cfg.Watcher.Role(RoleNone, t.lease.Epoch)
	})
	wait.Go(func() { t.ledger.Run(life) })
	wait.Go(func() { end(t.keep(life)) })
	wait.Go(func() { t.keeper.run(life) })
	wait.Go(func() {
		if err := t.reader.run(reading); errors.Is(err, bus.ErrFenced) {
			end(err)
		}
	})
	wait.Go(func() {
		defer close(delivered)
		t.desk.run(sending, t.arrivals, drain)
	})
	select {
	case <-life.Done():
	case <-stop:
	case heir = <-t.consumer.gifts:
	}
	if life.Err() == nil {
		stopReading()
		close(drain)
		if !t.drain(life, delivered, stopSending) {
			t.log.Error("the adapter does not return, though its time is over: the lease is left to run out, and this node serves the platform no more; start it again")
			t.consumer.setActive("")
			end(errStuck)
		}
	}
	err = context.Cause(life)
	if err == nil {
		t.keeper.flush(life)
		if heir == "" {
			heir = t.consumer.cfg.Fleet.Heir(t.consumer.cfg.Platform)
		}
		err = t.release(life, heir)
	}
	end(err)
	wait.Wait()
	return heir, err
}

// drain waits for what is in flight: to its end up to the soft limit; after
// that only for parts that are on their way, up to the hard one. Those that
// still are then lose their permit before the lease is released: the next
// owner takes them for what may have been sent. False: not even that ended them.
func (t *tenure) drain(life context.Context, delivered <-chan struct{}, stopSending context.CancelFunc) bool {
	hard := t.consumer.cfg.Limits.Drain
	soft := time.NewTimer(hard * 2 / 3)
	defer soft.Stop()
	late := time.NewTimer(hard)
	defer late.Stop()
	for {
		select {
		case <-delivered:
			return true
		case <-soft.C:
			t.log.Warn("still in flight at the soft limit of the stop; nothing more is started")
			close(t.dropping)
		case <-late.C:
			t.log.Warn("still in flight at the hard limit of the stop; left to the next owner")
			t.trust.revoke()
			stopSending()
			late.Reset(t.consumer.cfg.Limits.Lease) // a Redis that does not answer has ended the trust by then
			select {
			case <-delivered:
				return true
			case <-life.Done():
				return true
			case <-late.C:
				return false
			}
		case <-life.Done():
			return true
		}
	}
}

// errStuck says that the lease is left to run out.
var errStuck = errors.New("the adapter does not return")

// release gives the lease up and tells the stand-bys. Where the platform bears
// only one connection it is closed first, so that the next owner never opens a
// second one; should it not close, the lease is left to run out.
func (t *tenure) release(ctx context.Context, heir string) error {
	if err := t.consumer.cfg.Yield(ctx); err != nil {
		return fmt.Errorf("the connection does not close, so the lease is not released: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return t.consumer.stream.Release(limited, t.lease.Token, heir)
}

// keep renews the lease each third of its length until life ends or the trust
// does, and returns why.
func (t *tenure) keep(life context.Context) error {
	length := t.consumer.cfg.Limits.Lease
	trouble := newTrouble(t.log, "the lease of "+t.consumer.stream.Name)
	next := time.NewTimer(length/6 + rand.N(length/6)) // leases taken together are not renewed together
	defer next.Stop()
	for {
		lapse := time.NewTimer(max(0, t.trust.left()))
		select {
		case <-life.Done():
			lapse.Stop()
			return context.Cause(life)
		case <-lapse.C:
			if t.trust.left() <= 0 {
				return errLapsed
			}
		case <-next.C:
			lapse.Stop()
			start := time.Now()
			limited, cancel := context.WithTimeout(life, max(time.Millisecond, t.trust.left()))
			err := t.consumer.stream.Renew(limited, t.lease.Token, length)
			cancel()
			switch {
			case err == nil:
				t.trust.extend(start)
				trouble.over()
				_ = t.lookPaused(life) // asked again next time
				next.Reset(max(0, length/3-time.Since(start)))
			case errors.Is(err, bus.ErrFenced):
				return err
			case t.trust.left() <= 0:
				return errLapsed
			default:
				trouble.wait(life, err)
				next.Reset(0)
			}
		}
	}
}

// lookFirst learns what must be known before anything is delivered.
func (t *tenure) lookFirst(ctx context.Context) error {
	if err := t.lookPaused(ctx); err != nil {
		return err
	}
	return t.keeper.inherit(ctx)
}

// lookPaused asks whether an operator paused the platform, in case the notice
// was missed. Where nothing is written of it, what we know stands.
func (t *tenure) lookPaused(ctx context.Context) error {
	c := t.consumer
	limited, cancel := context.WithTimeout(ctx, max(time.Millisecond, t.trust.left()/2))
	defer cancel()
	paused, known, err := c.stream.Paused(limited, c.cfg.Names.Platform(c.cfg.Platform))
	if err == nil && known {
		c.setPaused(paused)
	}
	return err
}
