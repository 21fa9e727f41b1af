package world

import (
	"testing"
	"time"

	"github.com/posternhq/postern/test/fault/history"
)

// TestLapses: a tenure that a fault explains is none.
func TestLapses(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_700_000_000, 0)
	after := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	faults := []history.Fault{
		{Kind: history.Killed, From: after(1000)},
		{Kind: history.Frozen, From: after(10_000), To: after(12_000)},
		{Kind: "429", From: after(20_000), To: after(21_000)},
	}
	for name, c := range map[string]struct {
		begun  time.Time
		lapsed bool
	}{
		"before any":               {after(900), true},
		"once a lease has run out": {after(2100), false},
		"long after":               {after(4100), true},
		"while its owner stands":   {after(11_500), false},
		"soon after it woke":       {after(14_000), false},
		"while it is limited":      {after(20_500), true},
	} {
		watched := tenures{begun: []time.Time{c.begun}}
		got := watched.lapses(faults, time.Second)
		if (len(got) == 1) != c.lapsed {
			t.Errorf("%s: %v", name, got)
		}
		if c.lapsed && len(got) == 1 && (got[0].Kind != history.Lapsed || !got[0].To.Equal(c.begun)) {
			t.Errorf("%s: %+v", name, got[0])
		}
	}
}
