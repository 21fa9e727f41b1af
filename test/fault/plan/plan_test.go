package plan

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// stages are what a plan can be asked for.
func stages() *rapid.Generator[Stage] {
	return rapid.Custom(func(t *rapid.T) Stage {
		lease := time.Duration(rapid.IntRange(1000, 3000).Draw(t, "lease")) * time.Millisecond
		return Stage{
			Nodes: rapid.IntRange(1, 5).Draw(t, "nodes"), Lease: lease,
			Over:  lease * time.Duration(rapid.IntRange(10, 30).Draw(t, "over")),
			Links: rapid.Bool().Draw(t, "links"), Clock: rapid.Bool().Draw(t, "clock"),
			Alone: rapid.Bool().Draw(t, "alone"), Replicas: rapid.Bool().Draw(t, "replicas"),
		}
	})
}

// Whatever the seed: the same one gives the same plan, of enough faults that
// are over in time, and no two of them are at the same thing at once.
func TestDraw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stage, seed := stages().Draw(t, "stage"), rapid.Uint64().Draw(t, "seed")
		p := Draw(seed, stage)
		if !slices.Equal(p, Draw(seed, stage)) {
			t.Fatal("drawn again, the plan is another one")
		}
		if len(p) < fewest || len(p) > most {
			t.Fatalf("%d faults, expected %d to %d", len(p), fewest, most)
		}
		for i, f := range p {
			if f.At < 0 || f.At+f.For > stage.Over {
				t.Fatalf("%v: not within %v", f, stage.Over)
			}
			if (f.track() == ofNode) != (f.Node >= 0) || f.Node >= stage.Nodes {
				t.Fatalf("%v: node %d of %d", f, f.Node, stage.Nodes)
			}
			if (f.Kind == Freeze || f.Kind == Partition) && f.For <= stage.Lease {
				t.Fatalf("%v: not beyond the lease, %v", f, stage.Lease)
			}
			if !slices.Contains(stage.Kinds(), f.Kind) {
				t.Fatalf("%v: the stage has nothing for it", f)
			}
			for _, other := range p[i+1:] {
				if f.collides(other) {
					t.Fatalf("at once:\n%v\n%v", f, other)
				}
			}
		}
	})
}

// What must be ended has its end, in the order of time and after its beginning.
func TestStepsEndWhatTheyBegin(t *testing.T) {
	t.Parallel()
	lasting := []Kind{Kill, Freeze, Terminate, Reconfigure, Partition, Delay, Restart, Pause, Failover, Forward, Backward, Gone}
	rapid.Check(t, func(t *rapid.T) {
		p := Draw(rapid.Uint64().Draw(t, "seed"), stages().Draw(t, "stage"))
		open := map[Fault]bool{}
		last := time.Duration(0)
		for _, s := range p.Steps() {
			if s.At < last {
				t.Fatalf("%v: after a step at %v", s, last)
			}
			last = s.At
			if s.End {
				if !open[s.Fault] || s.At <= s.Fault.At {
					t.Fatalf("%v: ended before it began", s.Fault)
				}
				delete(open, s.Fault)
			} else if slices.Contains(lasting, s.Kind) {
				open[s.Fault] = true
			}
		}
		if len(open) > 0 {
			t.Fatalf("never ended: %v", open)
		}
	})
}

// A few seeds show every kind that a stage can have.
func TestEveryKindIsDrawn(t *testing.T) {
	t.Parallel()
	stage := Stage{Nodes: 3, Over: 10 * time.Second, Lease: time.Second, Links: true, Clock: true, Alone: true, Replicas: true}
	const seeds = 30
	drawn := map[Kind]int{}
	for seed := range uint64(seeds) {
		for _, f := range Draw(seed, stage) {
			drawn[f.Kind]++
		}
	}
	for _, k := range stage.Kinds() {
		if drawn[k] < 2 {
			t.Errorf("%s: %d times in %d seeds", k, drawn[k], seeds)
		}
	}
}
