package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bench"
)

// takeOver is how soon a node delivers, each being a process: one that starts
// while a message waits, and one that stands by while the active one is asked to
// end, or is killed. It is told by the receipt of its first delivery, so that
// settling it is part of the time.
func (m *measurement) takeOver(ctx context.Context) error {
	var start, planned, crash, beyond []float64
	for range m.runs {
		t, err := m.handOvers(ctx)
		if err != nil {
			return err
		}
		start, planned = append(start, ms(t.start)), append(planned, ms(t.planned))
		crash, beyond = append(crash, ms(t.crash)), append(beyond, ms(t.crash-m.lease))
	}
	lease := fmt.Sprintf("lease %v", m.lease)
	m.report.Add("Take-over", "start of a process to its first receipt", "ms", start, "", nil)
	m.report.Add("Take-over", "SIGTERM of the active node to the other one's first receipt", "ms", planned, "", nil).Note = lease
	m.report.Add("Take-over", "kill -9 of the active node to the other one's first receipt", "ms", crash, "", nil).Note = lease
	m.report.Add("Take-over", "of that, beyond the lease", "ms", beyond, "", nil).Note = lease
	return nil
}

type handedOver struct{ start, planned, crash time.Duration }

func (m *measurement) handOvers(ctx context.Context) (t handedOver, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	g, err := bench.OpenGround(ctx, "")
	if err != nil {
		return t, err
	}
	defer g.Close()
	with := setting{ground: g, platforms: []string{"noop"}, lease: m.lease}
	var nodes [2]*node
	defer func() { nodes[0].end(); nodes[1].end() }()
	if t.start, err = firstOf(ctx, g, "gw-0", func() (err error) {
		nodes[0], err = serve(ctx, "gw-0", with)
		return err
	}); err != nil {
		return t, err
	}
	if nodes[1], err = serve(ctx, "gw-1", with); err != nil {
		return t, err
	}
	if t.planned, err = firstOf(ctx, g, "gw-1", nodes[0].terminate); err != nil {
		return t, fmt.Errorf("after SIGTERM: %w", err)
	}
	if err := errors.Join(nodes[0].start(), nodes[0].awaitReady(ctx)); err != nil {
		return t, err
	}
	t.crash, err = firstOf(ctx, g, "gw-0", func() error { nodes[1].proc.Kill(); return nil })
	if err != nil {
		return t, fmt.Errorf("after kill -9: %w", err)
	}
	return t, nil
}

// firstOf does something while a message is published each 5 ms, each in a
// channel of its own, and returns how long it takes from its beginning until a
// node's first receipt.
func firstOf(ctx context.Context, g *bench.Ground, id string, do func() error) (took time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := g.Namespace + ":reply:" + rand.Text() // none of an earlier one's receipts
	at := make(chan time.Time, 1)
	failed := make(chan error, 3)
	begin := time.Now()
	go func() { failed <- publishSteadily(ctx, g, queue) }()
	go func() { failed <- firstReceipt(ctx, g, queue, id, at) }()
	go func() { failed <- do() }()
	done := false
	for {
		select {
		case first := <-at:
			took = first.Sub(begin)
			at = nil
		case err := <-failed:
			if err != nil {
				return 0, err
			}
			done = true // what was to be done: the others only end with an error, or with it
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		if done && at == nil {
			return took, nil
		}
	}
}

// publishSteadily publishes until the context ends.
func publishSteadily(ctx context.Context, g *bench.Ground, receipts string) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		load := bench.Load{Lanes: n + 1, Bytes: 200, Encoding: envelope.MessagePack, Receipts: receipts}
		err := g.Client.XAdd(ctx, &redis.XAddArgs{Stream: g.Names().Outbound("noop"), Values: []any{"data", load.Envelope(n, time.Now())}}).Err()
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// firstReceipt takes receipts until one tells of a node's delivery, says when
// that was, and waits for the context's end.
func firstReceipt(ctx context.Context, g *bench.Ground, queue, id string, at chan<- time.Time) error {
	for {
		got, err := g.Client.BLPop(ctx, time.Second, queue).Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait for a receipt: %w", err)
		}
		now := time.Now()
		r, err := envelope.DecodeReceipt([]byte(got[1]))
		if err != nil {
			return err
		}
		if r.Status != envelope.StatusDelivered || len(r.MessageIDs) == 0 {
			return fmt.Errorf("not delivered: %+v", r)
		}
		if strings.HasPrefix(r.MessageIDs[0], id+"/") {
			at <- now
			<-ctx.Done()
			return ctx.Err()
		}
	}
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
