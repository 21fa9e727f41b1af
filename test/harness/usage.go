package harness

import "github.com/posternhq/postern/internal/child"

// Usage is what a process costs, as Linux counts it.
type Usage = child.Usage

// Usage reads the node's cost. It fails the test where there is no /proc.
func (n *Node) Usage() Usage {
	n.t.Helper()
	u, err := n.proc.Usage()
	if err != nil {
		n.t.Fatalf("measure %s: %v", n.ID, err)
	}
	return u
}
