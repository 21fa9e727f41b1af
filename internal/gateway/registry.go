package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/outbound"
)

// A node's registry entry lasts so long, and is written so often. With it go
// the platforms' descriptions, so that a Redis that came back empty has them
// again within that time.
const (
	registryLasts = 15 * time.Second
	registryEvery = 5 * time.Second
)

// register keeps our entry in the node registry until ctx ends. It replaces
// whoever had our id; who is replaced in turn returns bus.ErrReplaced.
func (g *Gateway) register(ctx context.Context) error {
	for start := true; g.pulse.awaitBeat(ctx); {
		limited, cancel := context.WithTimeout(ctx, registryEvery)
		err := g.bus.RegisterNode(limited, g.names, g.entry(), registryLasts, start)
		cancel()
		wait := registryEvery
		switch {
		case errors.Is(err, bus.ErrReplaced):
			g.log.Error("a newer process has started with our node id and takes over: this one ends; give each node an id of its own",
				"node", g.node.ID)
			return err
		case err != nil: // it answers, and yet refuses
			wait = pulseEvery
		default:
			start = false
			for _, a := range g.accounts {
				poke(a.news)
			}
		}
		select {
		case <-time.After(wait):
		case <-g.roles:
		case <-ctx.Done():
		}
	}
	return nil
}

// entry is our registry entry as of now.
func (g *Gateway) entry() bus.Node {
	n := g.node
	n.Active = []string{}
	for _, a := range g.accounts {
		if a.standing().role == outbound.RoleActive {
			n.Active = append(n.Active, a.name)
		}
	}
	return n
}

// unregister takes our entry out at the end, unless Redis is away: then it
// expires.
func (g *Gateway) unregister() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if ok, _ := g.pulse.answers(); !ok {
		return nil
	}
	return g.bus.UnregisterNode(ctx, g.names, g.node)
}
