package fault

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/posternhq/postern/test/fault/coverage"
	"github.com/posternhq/postern/test/fault/history"
	"github.com/posternhq/postern/test/fault/plan"
	"github.com/posternhq/postern/test/fault/sink"
	"github.com/posternhq/postern/test/fault/worker"
	"github.com/posternhq/postern/test/fault/world"
	"github.com/posternhq/postern/test/harness"
)

const (
	nodes     = 3
	envelopes = 2400 // "about": more than 2,000 are published
	faultsFor = 10 * time.Second
	runWithin = 6 * time.Minute // of one seed, however loaded the machine
)

// Outcome is what a run came to.
type Outcome struct {
	Seed     uint64
	Profile  Profile
	Topology world.Topology
	Plan     plan.Plan
	Done     int // faults of the plan that were begun
	Nodes    int // that lived at the end
	History  history.History
	Report   history.Report
	Stuck    string   // what did not end, "" = nothing
	Void     int      // failovers of Redis that were not of the plan: it may have lost what it acknowledged
	Lapses   int      // leases that were lost though nothing was done to their owners
	Ended    []string // nodes that ended by themselves
	Coverage *coverage.Coverage
	Took     time.Duration
}

// Broken is how many promises were broken.
func (o Outcome) Broken() int { return len(o.Report.Broken) + len(o.Ended) + min(1, len(o.Stuck)) }

// What a run must be made of: with less it shows too little to count.
const (
	leastEntries = 2000
	leastFaults  = 10
	leastNodes   = 3
)

// Lacks says what there was too little of; "" = of nothing.
func (o Outcome) Lacks() string {
	if o.Report.Tally.Entries < leastEntries || o.Done < leastFaults || o.Nodes < leastNodes {
		return fmt.Sprintf("%d entries, %d faults, %d nodes; a run is to have %d, %d and %d at least",
			o.Report.Tally.Entries, o.Done, o.Nodes, leastEntries, leastFaults, leastNodes)
	}
	return ""
}

// Passed reports whether the run was whole, showed something, and no promise was
// broken.
func (o Outcome) Passed() bool { return o.Broken() == 0 && o.Lacks() == "" && o.Void == 0 }

// Play runs one seed on one profile, and returns when all is judged. It fails
// the test only if the stage itself fails.
func Play(t *testing.T, program harness.Program, seed uint64, p Profile) Outcome {
	t.Helper()
	begun := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), runWithin)
	defer cancel()
	o := Outcome{Seed: seed, Profile: p, Topology: topologyOf(seed)}
	stage := world.StageOf(o.Topology, nodes, faultsFor, lease)
	o.Plan = plan.Draw(seed, stage)
	o.Profile.Promise.Lease = lease
	for _, f := range o.Plan {
		if f.Kind == plan.Forward || f.Kind == plan.Backward {
			o.Profile.Promise.Skew = max(o.Profile.Promise.Skew, f.Wait)
		}
	}
	if o.Topology == world.Cluster { // its client publishes again by itself
		o.Profile.Crowd.Keyed = true
		o.Profile.Promise.AtLeastOnceReceipts = true
	}
	o.Coverage = coverage.New(coverage.Platform{
		Promise: o.Profile.Promise, Parts: p.Crowd.Parts, Doomed: p.Crowd.Doomed, Timing: p.Crowd.Timing,
		Streams: p.Crowd.Streams, Nodes: nodes,
	}, names(stage.Kinds())...)

	platform, err := sink.Start(p.Keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(platform.Close)
	w := world.New(t, world.Setting{
		Topology: o.Topology, Nodes: nodes, Lease: lease, Program: program, Sink: platform, Settings: p.Settings,
	})
	crowd := worker.New(worker.Config{
		Redis: w.RDB, Stream: w.Stream, Group: w.Group, Seed: seed, Envelopes: envelopes, Profile: o.Profile.Crowd,
	})
	saying := make(chan error, 1)
	go func() { saying <- crowd.Run(ctx) }()
	o.perform(ctx, w, crowd)
	platform.Calm()
	if err := <-saying; err != nil {
		t.Fatalf("publish: %v", err)
	}
	o.Stuck = w.Drain(ctx)
	o.gather(t, w, crowd, platform)
	o.Report = history.Check(o.History, o.Profile.Promise)
	o.Coverage.History(o.History)
	o.Took = time.Since(begun)
	return o
}

// perform does what the plan says, each step at its time or as soon as the one
// before is done.
func (o *Outcome) perform(ctx context.Context, w *world.World, crowd *worker.Crowd) {
	begun := time.Now()
	for _, s := range o.Plan.Steps() {
		timer := time.NewTimer(time.Until(begun.Add(s.At)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if !s.End {
			o.Done++
			o.Coverage.Fault(string(s.Kind))
			if s.Node >= 0 { // what it has counted may end with it
				o.scrape(w.Nodes[s.Node])
			}
		}
		if s.Kind == plan.Forward && !s.End || s.Kind == plan.Backward && s.End {
			_ = crowd.Listen(ctx) // lists of replies do not outlive a clock that leaps; where Redis is away, they are read at the end
		}
		w.Apply(s)
	}
}

func (o *Outcome) scrape(n *world.Node) { o.Coverage.Scrape(n.Process(), world.Platform, n.Metrics()) }

// gather takes the evidence, when nothing moves any more.
func (o *Outcome) gather(t *testing.T, w *world.World, crowd *worker.Crowd, platform *sink.Sink) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	for _, n := range w.Nodes {
		if !n.Running() {
			o.Ended = append(o.Ended, fmt.Sprintf("%s ended by itself, with status %d", n.ID, n.ExitCode()))
			continue
		}
		o.Nodes++
		o.scrape(n)
	}
	if err := crowd.Gather(ctx, &o.History); err != nil {
		t.Fatalf("gather the evidence: %v", err)
	}
	o.Void = w.Unplanned()
	lapses := w.Lapses()
	o.Lapses = len(lapses)
	o.History.Tenures = w.Tenures()
	o.History.Seen, o.History.Held, o.History.Faults = platform.Seen(), platform.Held(), append(w.Faults(), lapses...)
}

func names(kinds []plan.Kind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}
