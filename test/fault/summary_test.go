package fault

import (
	"strings"
	"sync"
	"testing"

	"github.com/posternhq/postern/test/fault/coverage"
	"github.com/posternhq/postern/test/fault/history"
)

// outcome is a run that passes, but for what a test changes.
func outcome(profile string, change func(*Outcome)) Outcome {
	o := Outcome{
		Profile: Profile{Name: profile}, Done: leastFaults, Nodes: leastNodes,
		Report:   history.Report{Tally: history.Tally{Entries: leastEntries}},
		Coverage: coverage.New(coverage.Platform{}, "kill -9"),
	}
	change(&o)
	return o
}

// A run that shows too little does not pass, though it broke nothing.
func TestTooLittleDoesNotPass(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Outcome)
		passes bool
	}{
		"whole":            {func(*Outcome) {}, true},
		"few entries":      {func(o *Outcome) { o.Report.Tally.Entries-- }, false},
		"few faults":       {func(o *Outcome) { o.Done-- }, false},
		"two nodes":        {func(o *Outcome) { o.Nodes-- }, false},
		"residue":          {func(o *Outcome) { o.Report.Residue = make([]history.Violation, 1) }, true},
		"a broken promise": {func(o *Outcome) { o.Report.Broken = make([]history.Violation, 1) }, false},
		"stuck":            {func(o *Outcome) { o.Stuck = "3 entries" }, false},
		"a node ended":     {func(o *Outcome) { o.Ended = []string{"gw-1"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if o := outcome("native", c.change); o.Passed() != c.passes {
				t.Errorf("passed: %v; want %v\n%s", o.Passed(), c.passes, o.Story(shown))
			}
		})
	}
}

// Runs that end at once are all counted, each in its profile.
func TestSummary(t *testing.T) {
	t.Parallel()
	const runs = 20
	var sum Summary
	var all sync.WaitGroup
	for range runs {
		all.Go(func() { sum.Add(outcome("native", func(o *Outcome) { o.Coverage.Fault("kill -9") })) })
		all.Go(func() { sum.Add(outcome("park", func(o *Outcome) { o.Report.Residue = make([]history.Violation, 1) })) })
	}
	all.Wait()
	if n := sum.Runs(); n != 2*runs {
		t.Errorf("%d runs; want %d", n, 2*runs)
	}
	const missed = "NEVER: park: faults: kill -9"
	if never := strings.Join(sum.Never(runs), "\n"); !strings.Contains(never, missed) || strings.Contains(never, "native: faults") {
		t.Errorf("never shown:\n%s", never)
	}
	if never := sum.Never(runs + 1); len(never) > 0 {
		t.Errorf("too few runs to say so:\n%s", strings.Join(never, "\n"))
	}
	if text := sum.String(); strings.Count(text, "residue: park") != runs || !strings.Contains(text, missed) {
		t.Errorf("the summary:\n%s", text)
	}
}
