package world

import (
	"testing"
	"time"

	"github.com/posternhq/postern/test/fault/history"
)

// TestLapses: a tenure that a fault of the one before explains is none.
func TestLapses(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_700_000_000, 0)
	after := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	faults := []history.Fault{
		{Kind: history.Killed, Node: "n1", From: after(1000)},
		{Kind: history.Frozen, Node: "n1", From: after(10_000), To: after(12_000)},
		{Kind: "429", From: after(20_000), To: after(21_000)},
		{Kind: history.RedisAway, From: after(30_000), To: after(31_000)},
	}
	for name, c := range map[string]struct {
		owner  string
		begun  time.Time
		lapsed bool
	}{
		"before any":                 {"n1", after(900), true},
		"once a lease has run out":   {"n1", after(2100), false},
		"long after":                 {"n1", after(4100), true},
		"while its owner stands":     {"n1", after(11_500), false},
		"while another one stands":   {"n2", after(11_500), true},
		"while somebody stands":      {"", after(11_500), false},
		"soon after it woke":         {"n1", after(14_000), false},
		"while it is limited":        {"n1", after(20_500), true},
		"while Redis is away":        {"n2", after(30_500), false},
		"once another one is killed": {"n2", after(2100), true},
	} {
		watched := tenures{begun: []history.Tenure{{Node: c.owner, From: start}, {Node: "n3", From: c.begun}}}
		got := watched.lapses(faults, time.Second)
		if (len(got) == 1) != c.lapsed {
			t.Errorf("%s: %v", name, got)
		}
		if c.lapsed && len(got) == 1 && (got[0].Kind != history.Lapsed || got[0].Node != c.owner || !got[0].To.Equal(c.begun)) {
			t.Errorf("%s: %+v", name, got[0])
		}
	}
}
