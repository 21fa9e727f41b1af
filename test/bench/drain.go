package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bench"
	"github.com/posternhq/postern/internal/child"
)

// place is one platform on one Redis.
type place struct {
	ground *bench.Ground
	name   string
	left   int64 // entries of its stream that stay: those that are held
}

func (p place) stream() string { return p.ground.Names().Outbound(p.name) }

// drained is what it took to deliver so many messages, which were published as
// fast as Redis took them: their XADD is in the time, and in Redis' share.
type drained struct {
	messages                int
	took                    time.Duration
	nodes, redis, publisher time.Duration // processor, of all nodes and all Redises together
}

func (d drained) rate() float64 { return float64(d.messages) / d.took.Seconds() }

// each is a time of a run, for one message, in µs.
func (d drained) each(t time.Duration) float64 { return t.Seconds() * 1e6 / float64(d.messages) }

func (d drained) ofNodes() float64     { return d.each(d.nodes) }
func (d drained) ofRedis() float64     { return d.each(d.redis) }
func (d drained) ofPublisher() float64 { return d.each(d.publisher) }

func of(runs []drained, figure func(drained) float64) (all []float64) {
	for _, d := range runs {
		all = append(all, figure(d))
	}
	return all
}

// within bounds one drain.
const within = 10 * time.Minute

// drain publishes n messages to each place and measures until all are settled.
func drain(ctx context.Context, n int, places []place, nodes []*node) (d drained, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	load := bench.Load{Messages: n, Lanes: 1000, Bytes: 200, Encoding: envelope.MessagePack}
	entries := make([][]byte, n) // before the clock runs: a producer has a machine of its own
	for i := range entries {
		entries[i] = load.Envelope(i, time.Now())
	}
	d.messages = n * len(places)
	if err := d.account(ctx, places, nodes, -1); err != nil {
		return d, err
	}
	begin := time.Now()
	errs := make([]error, len(places))
	var wait sync.WaitGroup
	for i, p := range places {
		wait.Go(func() { errs[i] = p.publish(ctx, entries) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return d, err
	}
	for _, p := range places {
		if err := child.Until(ctx, "all is settled", func() error { return p.settled(ctx) }); err != nil {
			return d, err
		}
	}
	d.took = time.Since(begin)
	return d, d.account(ctx, places, nodes, 1)
}

// account adds what all have had of the processor so far, or takes it off.
func (d *drained) account(ctx context.Context, places []place, nodes []*node, sign time.Duration) error {
	d.publisher += sign * bench.OwnCPU()
	for _, n := range nodes {
		u, err := n.proc.Usage()
		if err != nil {
			return err
		}
		d.nodes += sign * u.CPU
	}
	counted := map[*bench.Ground]bool{}
	for _, p := range places {
		if !counted[p.ground] {
			d.redis += sign * p.ground.RedisCPU(ctx)
			counted[p.ground] = true
		}
	}
	return nil
}

func (p place) publish(ctx context.Context, entries [][]byte) error {
	const batch = 500
	for from := 0; from < len(entries); from += batch {
		pipe := p.ground.Client.Pipeline()
		for _, data := range entries[from:min(len(entries), from+batch)] {
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: p.stream(), Values: []any{"data", data}})
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}

// settled is an error unless only what is held is left.
func (p place) settled(ctx context.Context) error {
	n, err := p.ground.Client.XLen(ctx, p.stream()).Result()
	if err == nil && n != p.left {
		err = fmt.Errorf("%s: %d are left; it is to have %d", p.name, n, p.left)
	}
	return err
}

// dead is an error if anything became a dead letter or was parked.
func (p place) dead(ctx context.Context) error {
	for _, what := range []string{"dead", "parked"} {
		n, err := p.ground.Client.XLen(ctx, envelope.Beside(p.stream(), what)).Result()
		if err == nil && n > 0 {
			err = fmt.Errorf("%s: %d are %s", p.name, n, what)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
