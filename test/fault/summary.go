package fault

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/posternhq/postern/test/fault/coverage"
	"github.com/posternhq/postern/test/fault/history"
)

// enough runs of a profile show all that is expected of it: what they have
// never shown fails them.
const enough = 60

// Summary is what many runs came to, by profile. Its methods may be called
// from any goroutine.
type Summary struct {
	mu       sync.Mutex
	profiles []*share // in the order of their first runs
	failed   []string // how to run again what did not pass
	forgiven []string
}

// share is one profile's.
type share struct {
	name                                            string
	runs, entries, faults, residue, broken, lacking int
	fewestEntries, fewestFaults, fewestNodes        int // of a run
	coverage                                        *coverage.Coverage
}

// Add counts a run.
func (s *Summary) Add(o Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.profiles, func(p *share) bool { return p.name == o.Profile.Name })
	if at < 0 {
		at = len(s.profiles)
		s.profiles = append(s.profiles, &share{
			name: o.Profile.Name, coverage: o.Coverage,
			fewestEntries: o.Report.Tally.Entries, fewestFaults: o.Done, fewestNodes: o.Nodes,
		})
	} else {
		s.profiles[at].coverage.Merge(o.Coverage)
	}
	s.profiles[at].add(o)
	for _, v := range o.Report.Residue {
		s.forgiven = append(s.forgiven, told(o, v))
	}
	if !o.Passed() {
		s.failed = append(s.failed, o.Again())
	}
}

func told(o Outcome, v history.Violation) string {
	return fmt.Sprintf("residue: %s seed %d, %s: %s", o.Profile.Name, o.Seed, v.Promise, v.What)
}

func (p *share) add(o Outcome) {
	p.runs++
	p.entries += o.Report.Tally.Entries
	p.faults += o.Done
	p.residue += len(o.Report.Residue)
	p.broken += o.Broken()
	if o.Lacks() != "" {
		p.lacking++
	}
	p.fewestEntries = min(p.fewestEntries, o.Report.Tally.Entries)
	p.fewestFaults = min(p.fewestFaults, o.Done)
	p.fewestNodes = min(p.fewestNodes, o.Nodes)
}

// Runs is how many there were.
func (s *Summary) Runs() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.profiles {
		n += p.runs
	}
	return n
}

// Never is what is expected of a profile and was not shown by any of its runs,
// of which there were at least so many.
func (s *Summary) Never(runs int) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.never(runs)
}

func (s *Summary) never(runs int) (out []string) {
	for _, p := range s.profiles {
		if p.runs < runs {
			continue
		}
		for _, r := range p.coverage.Missing() {
			out = append(out, fmt.Sprintf("NEVER: %s: %s", p.name, r))
		}
	}
	return out
}

// String is the coverage, the numbers, and what is wrong with them.
func (s *Summary) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var titles []string
	var shown []*coverage.Coverage
	for _, p := range s.profiles {
		titles, shown = append(titles, p.name), append(shown, p.coverage)
	}
	var out strings.Builder
	_, _ = fmt.Fprintln(&out, coverage.Table(titles, shown))
	s.numbers(&out, titles)
	never := s.never(1)
	if len(never) == 0 {
		never = []string{"NEVER: nothing; all that is expected was shown"}
	}
	for _, line := range slices.Concat(s.forgiven, never, s.failed) {
		_, _ = fmt.Fprintln(&out, line)
	}
	return out.String()
}

func (s *Summary) numbers(out *strings.Builder, titles []string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "\t%s\n", strings.Join(titles, "\t"))
	for _, line := range []struct {
		name string
		of   func(*share) int
	}{
		{"runs", func(p *share) int { return p.runs }},
		{"entries", func(p *share) int { return p.entries }},
		{"  fewest in a run", func(p *share) int { return p.fewestEntries }},
		{"faults", func(p *share) int { return p.faults }},
		{"  fewest in a run", func(p *share) int { return p.fewestFaults }},
		{"nodes, fewest in a run", func(p *share) int { return p.fewestNodes }},
		{"runs with too little of these", func(p *share) int { return p.lacking }},
		{"expected and never shown", func(p *share) int { return len(p.coverage.Missing()) }},
		{"residue, forgiven", func(p *share) int { return p.residue }},
		{"broken promises", func(p *share) int { return p.broken }},
	} {
		_, _ = fmt.Fprint(w, line.name)
		for _, p := range s.profiles {
			_, _ = fmt.Fprintf(w, "\t%d", line.of(p))
		}
		_, _ = fmt.Fprintln(w)
	}
	_ = w.Flush()
}
