package harness

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Metric sums the node's samples of one metric whose labels include all the
// given ones, each written as in the exposition: `platform="hook"`. A metric
// that is not there is 0; a node that does not answer fails the test.
func (n *Node) Metric(name string, labels ...string) float64 {
	n.t.Helper()
	status, body, err := n.Get("/metrics")
	if err != nil || status != http.StatusOK {
		n.t.Fatalf("%s: /metrics: %d, %v", n.ID, status, err)
	}
	sum, err := sumSamples(body, name, labels)
	if err != nil {
		n.t.Fatalf("%s: /metrics: %v", n.ID, err)
	}
	return sum
}

// Active reports whether the node holds the scene's platform's lease.
func (n *Node) Active() bool {
	n.t.Helper()
	return n.Metric("postern_lease_held", `platform="`+Platform+`"`) == 1
}

func sumSamples(exposition, name string, labels []string) (float64, error) {
	var sum float64
	for lines := bufio.NewScanner(strings.NewReader(exposition)); lines.Scan(); {
		line := lines.Text()
		rest, found := strings.CutPrefix(line, name)
		if !found || rest == "" || (rest[0] != '{' && rest[0] != ' ') {
			continue
		}
		at := strings.LastIndexByte(rest, ' ')
		if !containsAll(rest[:at], labels) {
			continue
		}
		value, err := strconv.ParseFloat(rest[at+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("sample %q: %w", line, err)
		}
		sum += value
	}
	return sum, nil
}

func containsAll(s string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}
