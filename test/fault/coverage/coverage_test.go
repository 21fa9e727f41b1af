package coverage

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// exposition is what a node answers, shortened.
const exposition = `# TYPE postern_claims_judged_total counter
postern_claims_judged_total{platform="hook",verdict="send"} 12
postern_claims_judged_total{platform="other",verdict="park"} 3
postern_entries_finished_total{code="",platform="hook",status="delivered"} 10
postern_entries_finished_total{code="invalid",platform="hook",status="dead"} 1
postern_entries_finished_total{code="conflict",platform="hook",status="dead"} 1
postern_ready 1
`

// Counters of one process are read over and over, and begin anew with the next.
func TestScrape(t *testing.T) {
	t.Parallel()
	c := New(Platform{}, "kill -9", "SIGSTOP")
	c.Scrape("n1 #1", "hook", exposition)
	c.Scrape("n1 #1", "hook", exposition)
	c.Scrape("n1 #2", "hook", exposition)
	c.Fault("kill -9")
	counts := c.Counts()
	for _, want := range []struct {
		row Row
		n   int
	}{
		{Row{Claim, "send"}, 24}, {Row{Ends, "dead"}, 4}, {Row{Ends, "delivered"}, 20}, {Row{Claim, "park"}, 0}, {Row{Faults, "kill -9"}, 1},
	} {
		if counts[want.row] != want.n {
			t.Errorf("%v: %d; want %d", want.row, counts[want.row], want.n)
		}
	}
	if missing := c.Missing(); slices.Contains(missing, Row{Faults, "kill -9"}) || !slices.Contains(missing, Row{Faults, "SIGSTOP"}) {
		t.Errorf("missing: %v", missing)
	}
}

// A cell says what was shown, what never was, and what was not to be expected.
func TestTable(t *testing.T) {
	t.Parallel()
	a, b := New(Platform{}, "kill -9"), New(Platform{}, "SIGSTOP")
	a.Fault("kill -9")
	b.Scrape("n1 #1", "hook", exposition)
	text := Table([]string{"one", "two"}, []*Coverage{a, b})
	for _, want := range []string{`\n +one +two\n`, `\nfaults +SIGSTOP +\. +NEVER\n`, `\n +kill -9 +1 +\.\n`, `\n +send +NEVER +12\n`} {
		if !regexp.MustCompile(want).MatchString("\n" + text) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestMergeAdds(t *testing.T) {
	t.Parallel()
	a, b := New(Platform{}), New(Platform{}, "failover")
	a.Scrape("n1 #1", "hook", exposition)
	b.Scrape("n1 #1", "hook", exposition)
	a.Merge(b)
	if n := a.Counts()[Row{Claim, "send"}]; n != 24 {
		t.Errorf("send: %d; want 24", n)
	}
	if !slices.Contains(a.Missing(), Row{Faults, "failover"}) {
		t.Error("what the other one missed is forgotten")
	}
}

func TestAHistoryShows(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_800_000_000, 0)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	seen := func(s int, node string, part int, effect bool) history.Seen {
		return history.Seen{At: at(s), Node: node, Asked: "k", Channel: "c", Part: part, Count: 3, Taken: true, Effect: effect}
	}
	c := New(Platform{})
	c.History(history.History{
		Seen: []history.Seen{seen(0, "n1", 0, true), seen(3, "n2", 0, false), seen(4, "n2", 1, true), seen(7, "n1", 2, true)},
		Dead: []history.Record{{Code: envelope.CodeConflict}},
		Faults: []history.Fault{
			{Kind: history.Killed, Node: "n1", From: at(1)},
			{Kind: history.Frozen, Node: "n2", From: at(5), To: at(8)},
			{Kind: history.Frozen, Node: "n1", From: at(4), To: at(5)},
		},
	})
	counts := c.Counts()
	for row, n := range map[Row]int{
		{Parts, next}: 2, {Parts, resumed}: 1, {Parts, knownKey}: 1, {Reasons, "conflict"}: 1,
		{Owners, taken(history.Killed)}: 1, {Owners, taken(history.Frozen)}: 1,
	} {
		if counts[row] != n {
			t.Errorf("%v: %d; want %d", row, counts[row], n)
		}
	}
}
