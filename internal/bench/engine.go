package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/platform"
)

// Engine is a consumer of one platform, as a node runs it, in this process.
type Engine struct {
	bus      *bus.Bus // nil = it is shared
	consumer *outbound.Consumer
	tally    *tally
}

// OpenBus opens a connection of the gateway's own kind, for engines to share.
func (g *Ground) OpenBus() (*bus.Bus, error) { return bus.Open(bus.Options{URL: g.URL}) }

// StartEngine starts one on a platform's stream, with a connection of its own.
// It delivers as soon as it has the lease.
func (g *Ground) StartEngine(ctx context.Context, name, node string, adapter platform.Adapter) (*Engine, error) {
	b, err := g.OpenBus()
	if err != nil {
		return nil, err
	}
	e, err := g.StartEngineOn(ctx, b, name, node, adapter)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	e.bus = b
	return e, nil
}

// StartEngineOn starts one on a connection that is shared, and stays open.
func (g *Ground) StartEngineOn(ctx context.Context, b *bus.Bus, name, node string, adapter platform.Adapter) (*Engine, error) {
	return g.engine(ctx, b, name, node, adapter, true)
}

// startUnready starts one whose platform takes nothing.
func (g *Ground) startUnready(ctx context.Context, name string) (*Engine, error) {
	b, err := g.OpenBus()
	if err != nil {
		return nil, err
	}
	e, err := g.engine(ctx, b, name, "bench", Adapter{}, false)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	e.bus = b
	return e, nil
}

func (g *Ground) engine(ctx context.Context, b *bus.Bus, name, node string, adapter platform.Adapter, ready bool) (*Engine, error) {
	e := &Engine{tally: &tally{changed: make(chan struct{}, 1)}}
	var err error
	e.consumer, err = outbound.New(outbound.Config{
		Redis: b, Names: g.Names(), Platform: name, Adapter: adapter, Consumer: node, Meter: e.tally,
	})
	if err != nil {
		return nil, err
	}
	e.consumer.SetReady(ready)
	return e, e.consumer.Start(ctx)
}

// Names are the names in the ground's namespace.
func (g *Ground) Names() envelope.Names { return envelope.NewNames(g.Namespace) }

// Await waits until the engine has finished n entries, each acknowledged by
// Redis, and fails if one of them was not delivered.
func (e *Engine) Await(ctx context.Context, n int) error {
	for e.tally.finished.Load() < int64(n) {
		select {
		case <-e.tally.changed:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d finished: %w", e.tally.finished.Load(), n, ctx.Err())
		}
	}
	if wrong := e.tally.wrong.Load(); wrong > 0 {
		return fmt.Errorf("%d of %d were not delivered", wrong, n)
	}
	return nil
}

// Stop drains the engine and releases its lease.
func (e *Engine) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := e.consumer.Stop(ctx)
	if e.bus != nil {
		err = errors.Join(err, e.bus.Close())
	}
	return err
}

// Drain delivers n entries that wait in a platform's stream, from the start of
// a consumer until the last of them is settled.
func (g *Ground) Drain(ctx context.Context, name string, n int, handle func([]byte)) error {
	e, err := g.StartEngine(ctx, name, "bench", Adapter{Handle: handle})
	if err != nil {
		return err
	}
	return errors.Join(e.Await(ctx, n), e.Stop())
}

// tally counts what the engine has finished.
type tally struct {
	finished, wrong atomic.Int64
	changed         chan struct{}
}

// Finished counts an entry, once Redis has acknowledged its end.
func (t *tally) Finished(status envelope.Status, _ envelope.Code) {
	if status != envelope.StatusDelivered {
		t.wrong.Add(1)
	}
	t.finished.Add(1)
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

func (*tally) Delivered(time.Duration) {}
func (*tally) Judged(delivery.Verdict) {}
func (*tally) Failed(delivery.Move)    {}
func (*tally) LookedUp(string)         {}
func (*tally) Retried(envelope.Code)   {}
func (*tally) ReceiptLost(string)      {}
func (*tally) Lost(int)                {}
func (*tally) Replied(string, bool)    {}
func (*tally) Tenure(bool)             {}
