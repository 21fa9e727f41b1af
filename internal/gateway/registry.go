package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/platform"
)

// A node's registry entry lasts so long, and is written so often, or when our
// part has changed: then a moment later, with what else changes meanwhile.
const (
	registryLasts  = 15 * time.Second
	registryEvery  = 5 * time.Second
	registryGather = 100 * time.Millisecond
)

// register keeps our entry in the node registry until ctx ends. It replaces
// whoever had our id; who is replaced in turn returns bus.ErrReplaced.
func (g *Gateway) register(ctx context.Context) error {
	beat := time.NewTimer(0)
	defer beat.Stop()
	for start := true; g.pulse.awaitBeat(ctx); {
		limited, cancel := context.WithTimeout(ctx, registryEvery)
		anew, err := g.bus.RegisterNode(limited, g.names, g.entry(), registryLasts, start)
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
			for _, a := range g.accounts {
				if anew { // also at the start: Redis has lost it, with all else
					a.forget()
				}
				poke(a.news)
			}
			start = false
		}
		beat.Reset(wait)
		select {
		case <-beat.C:
		case <-g.roles:
			beat.Reset(registryGather)
			select {
			case <-beat.C:
			case <-ctx.Done():
			}
		case <-ctx.Done():
		}
	}
	return nil
}

// entry is our registry entry as of now.
func (g *Gateway) entry() bus.Node {
	n := g.node
	n.Active, n.Leaving = []string{}, g.pulse.isStopping()
	for _, a := range g.accounts {
		now := a.standing()
		if now.role == outbound.RoleActive {
			n.Active = append(n.Active, a.name)
		}
		if !a.adapter.Capabilities().LeaseBound && now.state != platform.StateReady {
			n.Unfit = append(n.Unfit, a.name)
		}
	}
	return n
}

// leave tells the others that we stop, so that none gives us anything; they
// are told of each platform as it is released.
func (g *Gateway) leave() { poke(g.roles) }

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
