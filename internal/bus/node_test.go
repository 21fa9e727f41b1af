package bus

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

func node(id, incarnation string) Node {
	return Node{
		ID: id, Incarnation: incarnation, Host: "h", PID: 7, Version: "1", Started: time.Unix(1700000000, 0).UTC(),
		Active: []string{}, Platforms: []string{"chat"},
	}
}

func nodes(t *testing.T, s *Stream, names envelope.Names) []Node {
	t.Helper()
	got, err := s.bus.Nodes(t.Context(), names)
	if err != nil {
		t.Fatalf("Nodes: %v", err)
	}
	slices.SortFunc(got, func(a, b Node) int { return strings.Compare(a.ID, b.ID) })
	return got
}

func TestNodes(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		odd := envelope.NewNames("p*[s]?") // as itself, not as a pattern
		for _, r := range []struct {
			names envelope.Names
			node  Node
		}{{names, node("n1", "i1")}, {names, node("n2", "i2")}, {odd, node("n3", "i3")}} {
			if _, err := s.bus.RegisterNode(t.Context(), r.names, r.node, time.Minute, true); err != nil {
				t.Fatalf("RegisterNode: %v", err)
			}
		}
		spoil(t, s, names.Node("foreign"))
		spoil(t, s, "pXs:node:n4")
		expires(t, s, names.Node("n1"), time.Minute)
		equal(t, "nodes", nodes(t, s, names), []Node{node("n1", "i1"), node("n2", "i2")})
		equal(t, "of the odd namespace", nodes(t, s, odd), []Node{node("n3", "i3")})
	})
}

// TestNodeIsReplaced: the newest process with an id has it at once; the older
// one is told when it renews, and takes nothing away as it leaves.
func TestNodeIsReplaced(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		register := func(n Node, start bool) error {
			_, err := s.bus.RegisterNode(t.Context(), names, n, time.Minute, start)
			return err
		}
		older, newer := node("n", "older"), node("n", "newer")
		for _, n := range []Node{older, newer} {
			if err := register(n, true); err != nil {
				t.Fatalf("the start of %s: %v", n.Incarnation, err)
			}
		}
		if err := register(older, false); !errors.Is(err, ErrReplaced) {
			t.Errorf("the older renews: %v; want ErrReplaced", err)
		}
		if err := s.bus.UnregisterNode(t.Context(), names, older); err != nil {
			t.Errorf("the older leaves: %v", err)
		}
		if err := register(newer, false); err != nil {
			t.Errorf("the newer renews: %v", err)
		}
		equal(t, "registered", nodes(t, s, names), []Node{newer})
		for range 2 {
			if err := s.bus.UnregisterNode(t.Context(), names, newer); err != nil {
				t.Errorf("the newer leaves: %v", err)
			}
		}
		equal(t, "registered", nodes(t, s, names), []Node(nil))
		if err := register(newer, false); err != nil {
			t.Errorf("renewing an entry that ran out: %v", err)
		}
	})
}

func TestNodeRunsOut(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		if _, err := s.bus.RegisterNode(t.Context(), names, node("n", "i"), 30*time.Millisecond, true); err != nil {
			t.Fatal(err)
		}
		until(t, "the entry runs out", func() bool { return len(nodes(t, s, names)) == 0 })
	})
}
