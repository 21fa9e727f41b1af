package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bench"
	"github.com/posternhq/postern/internal/child"
)

// heldIn is how many channels a backlog is in.
const heldIn = 10_000

// growth is what a message costs, and what a node has resident, with so many
// entries waiting behind: read, each in a channel that asks to be left alone.
// The yardstick is a node with nothing behind.
func (m *measurement) growth(ctx context.Context) error {
	var sizes []int
	for _, n := range []int{0, 10_000, 100_000, 1_000_000} {
		if n == 0 || n < m.backlog {
			sizes = append(sizes, n)
		}
	}
	sizes = append(sizes, m.backlog)
	runs := make([][]drained, len(sizes))
	resident, peak := make([][]float64, len(sizes)), make([][]float64, len(sizes))
	for range m.runs {
		for i, size := range sizes {
			b, err := m.behind(ctx, size)
			if err != nil {
				return fmt.Errorf("%d behind: %w", size, err)
			}
			runs[i] = append(runs[i], b.drained)
			resident[i], peak[i] = append(resident[i], mib(b.resident)), append(peak[i], mib(b.peak))
		}
	}
	const yard = "0 behind"
	for i, size := range sizes {
		name := fmt.Sprintf("%d behind", size)
		m.report.Add("Delivered beside a backlog", name, "messages/s", of(runs[i], drained.rate), yard, of(runs[0], drained.rate))
		m.report.Add("Processor a message beside a backlog, the node's", name, "µs", of(runs[i], drained.ofNodes), yard, of(runs[0], drained.ofNodes))
		m.report.Add("Processor a message beside a backlog, Redis'", name, "µs", of(runs[i], drained.ofRedis), yard, of(runs[0], drained.ofRedis)).Note = "its XADD too"
		m.report.Add("A node's memory", name+", resident", "MiB", resident[i], yard, resident[0])
		m.report.Add("A node's memory", name+", peak", "MiB", peak[i], yard, peak[0])
	}
	last := len(sizes) - 1
	var entry []float64
	for i := range resident[last] {
		entry = append(entry, (resident[last][i]-resident[0][i])*(1<<20)/float64(max(1, m.backlog)))
	}
	m.report.Add("A node's memory", fmt.Sprintf("each of %d behind, in %d channels", m.backlog, heldIn), "B", entry, "", nil)
	return nil
}

// beside is what a node had resident with a backlog, and what messages beside
// it took.
type beside struct {
	drained
	resident, peak int64 // bytes, before these messages
}

func (m *measurement) behind(ctx context.Context, size int) (b beside, err error) {
	g, err := bench.OpenGround(ctx, "")
	if err != nil {
		return b, err
	}
	defer g.Close()
	n, err := serve(ctx, "gw", setting{ground: g, platforms: []string{"noop"}, lease: m.lease})
	if err != nil {
		return b, err
	}
	defer n.end()
	p := place{ground: g, name: "noop"}
	channels := min(size, heldIn)
	for _, more := range []int{channels, size - channels} { // each channel says first that it is to be left alone
		load := bench.Load{Messages: more, Lanes: heldIn, Bytes: 200, Encoding: envelope.MessagePack, Channels: held}
		if err := load.Publish(ctx, g.Client, p.stream()); err != nil {
			return b, err
		}
		p.left += int64(more)
		if err := errors.Join(p.read(ctx), n.rests(ctx)); err != nil {
			return b, err
		}
	}
	if b.resident, b.peak, err = n.settledMemory(ctx, m.settle); err != nil {
		return b, err
	}
	if b.drained, err = drain(ctx, m.messages, []place{p}, []*node{n}); err != nil {
		return b, err
	}
	return b, p.dead(ctx)
}

// read waits until all that is left is pending: the node has read it.
func (p place) read(ctx context.Context) error {
	if p.left == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return child.Until(ctx, "all is read", func() error {
		pending, err := p.ground.Client.XPending(ctx, p.stream(), p.ground.Names().Group(p.name)).Result()
		if err == nil && pending.Count != p.left {
			err = fmt.Errorf("%d of %d are read", pending.Count, p.left)
		}
		return err
	})
}

// rests waits until the node has next to nothing to do: of what is read, each
// channel has yet to ask to be left alone.
func (n *node) rests(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	const window, most = 500 * time.Millisecond, 20 * time.Millisecond // 4 % of a core
	last := time.Duration(-1)
	tick := time.NewTicker(window)
	defer tick.Stop()
	for {
		u, err := n.proc.Usage()
		if err != nil {
			return err
		}
		if last >= 0 && u.CPU-last <= most {
			return nil
		}
		last = u.CPU
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s does not come to rest: %w", n.id, ctx.Err())
		}
	}
}

// settledMemory is the least that a node has resident within a while, since what
// its collector has not given back yet comes and goes; and its most ever.
func (n *node) settledMemory(ctx context.Context, while time.Duration) (least, peak int64, err error) {
	tick := time.NewTicker(while / 100)
	defer tick.Stop()
	for i := range 100 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
		u, err := n.proc.Usage()
		if err != nil {
			return 0, 0, err
		}
		if i == 0 || u.Resident < least {
			least = u.Resident
		}
		peak = u.Peak
	}
	return least, peak, nil
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
