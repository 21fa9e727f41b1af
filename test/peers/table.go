package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/posternhq/postern/internal/bench"
)

// table is what was measured so far.
type table struct {
	ground *bench.Ground
	load   bench.Load
	peers  []peer
	drains map[string][]drained
	idles  map[string][]result
}

// drained is one drain of so many messages.
type drained struct {
	result
	messages int
}

func (d drained) rate() float64 { return float64(d.messages) / d.Took.Seconds() }

// each is a time of a run, for one message, in µs.
func (d drained) each(of time.Duration) float64 {
	return of.Seconds() * 1e6 / float64(d.messages)
}

// drain has one peer drain a stream that is full.
func (t *table) drain(ctx context.Context, p peer, n int) error {
	if err := t.ground.Clear(ctx); err != nil {
		return err
	}
	load := t.load
	load.Messages = n
	if err := p.publish(ctx, t.ground, load); err != nil {
		return err
	}
	r, err := t.child(ctx, p, task{Peer: p.name, URL: t.ground.URL, Namespace: t.ground.Namespace, Messages: n}, nil)
	if err != nil {
		return err
	}
	if t.drains == nil {
		t.drains = map[string][]drained{}
	}
	t.drains[p.name] = append(t.drains[p.name], drained{r, n})
	return nil
}

// idle has one peer take messages one by one.
func (t *table) idle(ctx context.Context, p peer, n int) error {
	if err := t.ground.Clear(ctx); err != nil {
		return err
	}
	r, err := t.child(ctx, p, task{Peer: p.name, URL: t.ground.URL, Namespace: t.ground.Namespace, Messages: n, Idle: true}, func() error {
		for range n {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
			one := t.load
			one.Messages = 1
			if err := p.publish(ctx, t.ground, one); err != nil {
				return err
			}
		}
		return nil
	})
	if t.idles == nil {
		t.idles = map[string][]result{}
	}
	t.idles[p.name] = append(t.idles[p.name], r)
	return err
}

// child runs one, and meanwhile what it is given.
func (t *table) child(ctx context.Context, p peer, todo task, meanwhile func() error) (r result, err error) {
	limited, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd, err := start(limited, p, todo, &out)
	if err != nil {
		return r, err
	}
	if meanwhile != nil {
		select {
		case <-time.After(time.Second): // it stands ready by then
		case <-limited.Done():
		}
		if err = meanwhile(); err != nil {
			cancel()
		}
	}
	if ended := cmd.Wait(); err == nil && ended != nil {
		err = fmt.Errorf("its process: %w", ended)
	}
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(out.Bytes(), &r)
}

// report makes rows of it. The yardstick of all is the bare loop.
func (t *table) report() *bench.Report {
	r := &bench.Report{At: time.Now(), Machine: bench.ThisMachine(t.ground.Version)}
	figures := func(name string, of func(drained) float64) (all []float64) {
		for _, d := range t.drains[name] {
			all = append(all, of(d))
		}
		return all
	}
	for _, p := range t.peers {
		r.Add("Drain", p.name, "messages/s", figures(p.name, drained.rate), bareName, figures(bareName, drained.rate))
	}
	if ours := figures(posternName, drained.rate); len(ours) > 0 {
		for _, p := range t.peers {
			if p.name != posternName {
				r.Add("Postern over", p.name, "messages/s", ours, p.name, figures(p.name, drained.rate))
			}
		}
	}
	for _, p := range t.peers {
		r.Add("Processor a message, the consumer's", p.name, "µs", figures(p.name, func(d drained) float64 { return d.each(d.CPU) }), "", nil)
	}
	for _, p := range t.peers {
		r.Add("Processor a message, Redis'", p.name, "µs", figures(p.name, func(d drained) float64 { return d.each(d.Redis) }), "", nil)
	}
	idle := func(name string, of func(result) time.Duration) (all []float64) {
		for _, d := range t.idles[name] {
			all = append(all, of(d).Seconds()*1000)
		}
		return all
	}
	p50, p99 := func(r result) time.Duration { return r.P50 }, func(r result) time.Duration { return r.P99 }
	for _, p := range t.peers {
		if len(t.idles[p.name]) > 0 {
			r.Add("Idle, from XADD to the handler", p.name+", p50", "ms", idle(p.name, p50), bareName, idle(bareName, p50))
			r.Add("Idle, from XADD to the handler", p.name+", p99", "ms", idle(p.name, p99), bareName, idle(bareName, p99))
		}
	}
	return r
}

// writePromises says what each keeps.
func writePromises(w io.Writer, all []peer) error {
	var b strings.Builder
	b.WriteString("\n**What each keeps**\n\n| |")
	for _, p := range promises {
		b.WriteString(" " + p + " |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(promises)) + "\n")
	for _, p := range all {
		b.WriteString("| " + p.name + " |")
		for _, q := range promises {
			b.WriteString(" " + cmp.Or(p.keeps[q], "–") + " |")
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for _, p := range all {
		b.WriteString("- " + p.name + ": " + p.how + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
