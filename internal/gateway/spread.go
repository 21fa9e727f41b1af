package gateway

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/fleet"
	"github.com/posternhq/postern/internal/outbound"
)

const (
	// The registry is looked at so often. What it says is at most that old, and
	// what one glance costs does not grow with the traffic.
	spreadEvery = time.Second

	// spreadMost drains are under way at once: with idle platforms, some 16 a
	// second change their node.
	spreadMost = 16

	// laterGrace is how long a node leaves a free lease to the one that the
	// plan has for it.
	laterGrace = 250 * time.Millisecond
)

// spreader keeps this node's part of the platforms even with the others': it
// follows the registry, gives away what is too much, and knows who is to take
// over what.
type spreader struct {
	gateway *Gateway
	planner *fleet.Planner
	heirs   atomic.Pointer[heirs]
}

// heirs is who is to take over a platform, by who goes: "" if nobody has it.
type heirs struct {
	nodes []fleet.Node
	after map[string]map[string]string
}

var _ outbound.Fleet = (*spreader)(nil)

func newSpreader(g *Gateway) *spreader {
	s := &spreader{gateway: g, planner: &fleet.Planner{Self: g.config.Node.ID, Calm: g.config.Delivery.SpreadAfter, Most: spreadMost}}
	s.heirs.Store(&heirs{})
	return s
}

// run follows the registry until ctx ends. While Redis does not answer, what
// was known stands, and nothing moves.
func (s *spreader) run(ctx context.Context) {
	ticker := time.NewTicker(spreadEvery)
	defer ticker.Stop()
	for s.gateway.pulse.awaitBeat(ctx) {
		s.look(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *spreader) look(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, spreadEvery)
	defer cancel()
	registered, err := s.gateway.bus.Nodes(limited, s.gateway.names)
	if err != nil {
		s.gateway.log.Debug("the registry cannot be read", "error", err)
		return
	}
	nodes := s.view(registered)
	s.remember(nodes)
	if s.gateway.config.Delivery.SpreadAfter == 0 {
		return
	}
	draining := map[string]bool{}
	for _, a := range s.gateway.accounts {
		if a.consumer.Giving() {
			draining[a.name] = true
		}
	}
	for _, m := range s.planner.Moves(time.Now(), nodes, draining) {
		if a, ok := s.gateway.account(m.Platform); ok && a.consumer.Give(m.To) {
			a.log.Info("giving the platform to another node: draining", "to", m.To, "why", m.Why)
		}
	}
}

// view is the registry with our own entry as it is.
func (s *spreader) view(registered []bus.Node) []fleet.Node {
	ours := s.gateway.entry()
	all := append(slices.DeleteFunc(registered, func(n bus.Node) bool { return n.ID == ours.ID }), ours)
	nodes := make([]fleet.Node, 0, len(all))
	for _, n := range all {
		nodes = append(nodes, fleet.Node{
			ID: n.ID, Incarnation: n.Incarnation, Leaving: n.Leaving, Platforms: n.Platforms, Unfit: n.Unfit, Active: n.Active,
		})
	}
	slices.SortFunc(nodes, func(x, y fleet.Node) int {
		if x.ID < y.ID {
			return -1
		}
		return 1
	})
	return nodes
}

// remember works out the heirs, if anything has changed.
func (s *spreader) remember(nodes []fleet.Node) {
	if slices.EqualFunc(nodes, s.heirs.Load().nodes, sameNode) {
		return
	}
	h := &heirs{nodes: nodes, after: map[string]map[string]string{"": fleet.Heirs(nodes, "")}}
	for _, n := range nodes {
		h.after[n.ID] = fleet.Heirs(nodes, n.ID)
	}
	s.heirs.Store(h)
}

func sameNode(x, y fleet.Node) bool {
	return x.ID == y.ID && x.Incarnation == y.Incarnation && x.Leaving == y.Leaving &&
		slices.Equal(x.Platforms, y.Platforms) && slices.Equal(x.Unfit, y.Unfit) && slices.Equal(x.Active, y.Active)
}

// Heir is the node that is to take over when we stop; "" is whoever comes first.
func (s *spreader) Heir(platform string) string {
	return s.heirs.Load().after[s.gateway.node.ID][platform]
}

// Grace is how long to leave a free lease to the node that the plan has for
// it. A holder that was started again holds nothing by the registry, and is
// the first to have its platforms back.
func (s *spreader) Grace(platform, holder string) time.Duration {
	h := s.heirs.Load()
	gone := ""
	for _, n := range h.nodes {
		if n.ID == holder && slices.Contains(n.Active, platform) {
			gone = holder
		}
	}
	if heir := h.after[gone][platform]; heir == "" || heir == s.gateway.node.ID {
		return 0
	}
	return laterGrace
}
