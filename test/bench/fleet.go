package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/posternhq/postern/internal/bench"
	"github.com/posternhq/postern/internal/child"
)

// fleet is one way to set up nodes and Redises.
type fleet struct {
	name  string
	redis int // Redises, or a Cluster's masters
	nodes int
	parts int // of each message
	raise func(context.Context, *measurement, fleet) (*raised, error)
}

var fleets = []fleet{
	{name: "one node, one Redis", redis: 1, nodes: 1, parts: 1, raise: raiseApart},
	{name: "two nodes, each with a platform and a Redis of its own", redis: 2, nodes: 2, parts: 1, raise: raiseApart},
	{name: "three nodes, three platforms on a Cluster of three masters", redis: 3, nodes: 3, parts: 1, raise: raiseCluster},
	{name: "one node, one Redis, messages of 3 parts", redis: 1, nodes: 1, parts: 3, raise: raiseApart},
}

// fleets measures each in its turn. The yardstick is one node with one Redis:
// the ratio is the factor by which the others scale. Node, Redis and publisher
// share this machine, so that more of them than it has cores gain nothing.
func (m *measurement) fleets(ctx context.Context) error {
	runs := make([][]drained, len(fleets))
	for range m.runs {
		for i, f := range fleets {
			d, err := m.one(ctx, f)
			if err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			runs[i] = append(runs[i], d)
		}
	}
	yard, note := fleets[0].name, fmt.Sprintf("on %d cores", runtime.NumCPU())
	for i, f := range fleets {
		m.report.Add("Fleets", f.name, "messages/s", of(runs[i], drained.rate), yard, of(runs[0], drained.rate)).Note = note
		m.report.Add("Processor a message, the nodes'", f.name, "µs", of(runs[i], drained.ofNodes), yard, of(runs[0], drained.ofNodes))
		m.report.Add("Processor a message, the Redises'", f.name, "µs", of(runs[i], drained.ofRedis), yard, of(runs[0], drained.ofRedis)).Note = "its XADD too"
	}
	m.model(runs)
	return nil
}

// warm is how many messages go to each platform before those that count: a
// node's first read is not what is measured.
const warm = 100

// one raises a fleet, drains, and ends it.
func (m *measurement) one(ctx context.Context, f fleet) (d drained, err error) {
	r, err := f.raise(ctx, m, f)
	if r != nil {
		defer r.end()
	}
	if err != nil {
		return d, err
	}
	if _, err := drain(ctx, warm, r.places, r.nodes); err != nil {
		return d, err
	}
	if d, err = drain(ctx, m.messages, r.places, r.nodes); err != nil {
		return d, err
	}
	for _, p := range r.places {
		if err := p.dead(ctx); err != nil {
			return d, err
		}
	}
	return d, nil
}

// raised is a fleet that stands.
type raised struct {
	grounds []*bench.Ground
	nodes   []*node
	places  []place
}

func (r *raised) end() {
	for _, n := range r.nodes {
		n.end()
	}
	for _, g := range r.grounds {
		_ = g.Close() // its Redis is gone either way
	}
}

// raiseApart gives each node a platform and a Redis of its own.
func raiseApart(ctx context.Context, m *measurement, f fleet) (*raised, error) {
	r := &raised{}
	for i := range f.nodes {
		g, err := bench.OpenGround(ctx, "")
		if err != nil {
			return r, err
		}
		r.grounds = append(r.grounds, g)
		n, err := serve(ctx, fmt.Sprintf("gw-%d", i), setting{ground: g, platforms: []string{"noop"}, parts: f.parts, lease: m.lease})
		if err != nil {
			return r, err
		}
		r.nodes, r.places = append(r.nodes, n), append(r.places, place{ground: g, name: "noop"})
	}
	return r, r.awaitEven(ctx)
}

// raiseCluster has the nodes share platforms, one on each of a Cluster's
// masters.
func raiseCluster(ctx context.Context, m *measurement, f fleet) (*raised, error) {
	r := &raised{}
	g, err := bench.OpenCluster(ctx)
	if err != nil {
		return r, err
	}
	r.grounds = []*bench.Ground{g}
	var names []string
	for i := 0; len(names) < f.redis; i++ { // the slot of a name is what it is: some fit
		name := fmt.Sprintf("noop-%d", i)
		slot, err := g.Client.ClusterKeySlot(ctx, g.Names().Outbound(name)).Result()
		if err != nil {
			return r, err
		}
		if int(slot)*f.redis/16384 == len(names) {
			names = append(names, name)
			r.places = append(r.places, place{ground: g, name: name})
		}
	}
	for i := range f.nodes {
		n, err := serve(ctx, fmt.Sprintf("gw-%d", i), setting{ground: g, platforms: names, parts: f.parts, lease: m.lease})
		if err != nil {
			return r, err
		}
		r.nodes = append(r.nodes, n)
	}
	return r, r.awaitEven(ctx)
}

// awaitEven waits until each place is held, and each node holds as many.
func (r *raised) awaitEven(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	return child.Until(ctx, "the platforms are even over the nodes", func() error {
		by := map[string]int{}
		for _, p := range r.places {
			id := holder(ctx, p.ground, p.name)
			if by[id]++; id == "" || by[id] > len(r.places)/len(r.nodes) {
				return errors.New("not yet")
			}
		}
		return nil
	})
}
