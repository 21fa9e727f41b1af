package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/posternhq/postern/internal/bench"
	"github.com/posternhq/postern/test/webchat/crowd"
)

// sockets is web chat under many pages, each of which says a message a second
// and hears it echoed by a worker.
func (m *measurement) sockets(ctx context.Context) error {
	var runs []chatted
	for range m.runs {
		c, err := m.chat(ctx)
		if err != nil {
			return err
		}
		runs = append(runs, c)
	}
	group := fmt.Sprintf("Web chat, %d sockets", m.pages)
	add := func(name, unit string, figure func(chatted) float64) {
		var all []float64
		for _, c := range runs {
			all = append(all, figure(c))
		}
		m.report.Add(group, name, unit, all, "", nil)
	}
	add("messages heard", "messages/s", func(c chatted) float64 { return float64(c.Heard) / c.took.Seconds() })
	for _, way := range []struct {
		name string
		took func(chatted) crowd.Latencies
	}{
		{"page to worker", func(c chatted) crowd.Latencies { return c.In }},
		{"worker to page", func(c chatted) crowd.Latencies { return c.Out }},
	} {
		add(way.name+", p50", "ms", func(c chatted) float64 { return ms(way.took(c).At(0.50)) })
		add(way.name+", p99", "ms", func(c chatted) float64 { return ms(way.took(c).At(0.99)) })
	}
	add("memory of the node, a socket", "KiB", func(c chatted) float64 { return float64(c.opened-c.before) / 1024 / float64(m.pages) })
	add("memory of the node, at the end", "MiB", func(c chatted) float64 { return mib(c.after) })
	each := func(c chatted, d time.Duration) float64 { return d.Seconds() * 1e6 / float64(2*c.Heard) }
	add("processor of the node, a message one way", "µs", func(c chatted) float64 { return each(c, c.node) })
	add("processor of Redis, a message one way", "µs", func(c chatted) float64 { return each(c, c.redis) })
	return nil
}

// chatted is one crowd, and what it cost.
type chatted struct {
	*crowd.Crowd
	took                  time.Duration // until the last was heard
	before, opened, after int64         // bytes resident: without pages, with pages that are silent, and at the end
	node, redis           time.Duration // processor, from the first message to the last
}

func (m *measurement) chat(ctx context.Context) (c chatted, err error) {
	g, err := bench.OpenGround(ctx, "")
	if err != nil {
		return c, err
	}
	defer g.Close()
	n, err := serve(ctx, "gw", setting{ground: g, lease: m.lease, more: fmt.Sprintf("  - { name: chat, kind: webchat, sockets: %d }\n", m.pages+1)})
	if err != nil {
		return c, err
	}
	defer n.end()
	if c.before, _, err = n.settledMemory(ctx, time.Second); err != nil {
		return c, err
	}
	c.Crowd = crowd.Gather(ctx, g.Client, g.Names(), "chat")
	err = c.talk(ctx, m, g, n)
	return c, errors.Join(err, c.Leave())
}

func (c *chatted) talk(ctx context.Context, m *measurement, g *bench.Ground, n *node) (err error) {
	if err := c.Enter(ctx, n.listen, m.pages); err != nil {
		return err
	}
	if c.opened, _, err = n.settledMemory(ctx, time.Second); err != nil {
		return err
	}
	from, err := n.proc.Usage()
	if err != nil {
		return err
	}
	redis, begin := g.RedisCPU(ctx), time.Now()
	if err := errors.Join(c.Talk(m.lasts), c.Settle(ctx, time.Minute)); err != nil {
		return err
	}
	c.took = time.Since(begin)
	to, err := n.proc.Usage()
	c.node, c.redis, c.after = to.CPU-from.CPU, g.RedisCPU(ctx)-redis, to.Resident
	return err
}
