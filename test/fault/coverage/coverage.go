// Package coverage says what a run, or many, has shown: which faults there
// were, and which states and arrows of an entry's life in docs/delivery.md were
// gone through. What was never shown was not tried, and a green run says
// nothing about it.
//
// Evidence is what the nodes count at /metrics, and the history.
package coverage

import (
	"bufio"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Row is one thing that can be shown.
type Row struct {
	Group string // faults, claim, failures ...
	Name  string
}

// Coverage counts. Its methods may be called from any goroutine.
type Coverage struct {
	mu       sync.Mutex
	expected []Row
	counts   map[Row]int
	scraped  map[string]map[Row]int // by process: counters begin anew with each
}

// New expects all that Rows names for these traits of a platform, and these
// kinds of fault.
func New(p Platform, faults ...string) *Coverage {
	c := &Coverage{counts: make(map[Row]int), scraped: make(map[string]map[Row]int), expected: Rows(p)}
	for _, kind := range faults {
		c.expected = append(c.expected, Row{Faults, kind})
	}
	return c
}

// Fault counts one fault that happened.
func (c *Coverage) Fault(kind string) { c.add(Row{Faults, kind}, 1) }

func (c *Coverage) add(r Row, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[r] += n
}

// Scrape reads what /metrics answered for one platform's numbers. process names
// one life of one node: what is counted there only grows, and the highest
// count is kept.
func (c *Coverage) Scrape(process, platform, metrics string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rows := c.scraped[process]
	if rows == nil {
		rows = make(map[Row]int)
		c.scraped[process] = rows
	}
	sums := make(map[Row]int) // a row may be several series: a status with several codes
	for lines := bufio.NewScanner(strings.NewReader(metrics)); lines.Scan(); {
		if r, n, ok := sample(lines.Text(), platform); ok {
			sums[r] += n
		}
	}
	for r, n := range sums {
		rows[r] = max(rows[r], n)
	}
}

// counters are the metrics that show a row each, and the label that names it.
var counters = map[string]struct{ group, label string }{
	"postern_claims_judged_total":    {Claim, "verdict"},
	"postern_failures_total":         {Failures, "move"},
	"postern_lookups_total":          {Lookups, "result"},
	"postern_entries_finished_total": {Ends, "status"},
}

// sample reads one line of the exposition: name{label="value",...} number.
func sample(line, platform string) (Row, int, bool) {
	name, rest, found := strings.Cut(line, "{")
	counter, known := counters[name]
	labels, value, closed := strings.Cut(rest, "} ")
	if !found || !known || !closed || !strings.Contains(labels, `platform="`+platform+`"`) {
		return Row{}, 0, false
	}
	_, after, found := strings.Cut(labels, counter.label+`="`)
	what, _, closed := strings.Cut(after, `"`)
	n, err := strconv.ParseFloat(value, 64)
	return Row{counter.group, what}, int(n), found && closed && err == nil
}

// Merge adds what another one has counted, and expects what it expected.
func (c *Coverage) Merge(o *Coverage) {
	theirs := o.Counts()
	o.mu.Lock()
	expected := slices.Clone(o.expected)
	o.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for r, n := range theirs {
		c.counts[r] += n
	}
	for _, r := range expected {
		if !slices.Contains(c.expected, r) {
			c.expected = append(c.expected, r)
		}
	}
}

// Counts is how often each thing was shown; what was expected and never shown
// is 0.
func (c *Coverage) Counts() map[Row]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := maps.Clone(c.counts)
	for _, rows := range c.scraped {
		for r, n := range rows {
			all[r] += n
		}
	}
	for _, r := range c.expected {
		all[r] += 0
	}
	return all
}

// Missing is what was expected and never shown.
func (c *Coverage) Missing() []Row {
	var out []Row
	counts := c.Counts()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.expected {
		if counts[r] == 0 {
			out = append(out, r)
		}
	}
	return out
}
