package world

import (
	"testing"
	"time"

	"github.com/posternhq/postern/test/fault/plan"
)

// Every kind that a stage may have has a row, and an end if and only if it lasts.
func TestEffects(t *testing.T) {
	t.Parallel()
	rows := effects()
	drawn := make(map[plan.Kind]bool)
	for _, topology := range []Topology{Single, Sentinel, Cluster} {
		stage := StageOf(topology, 3, 10*time.Second, time.Second)
		for _, kind := range stage.Kinds() {
			if rows[kind].begin == nil {
				t.Errorf("nothing says how %q begins", kind)
			}
		}
		for seed := range uint64(100) { // each kind is in some of them
			for _, f := range plan.Draw(seed, stage) {
				drawn[f.Kind] = true
				if (f.For > 0) != (rows[f.Kind].end != nil) {
					t.Errorf("%v: has an end: %v", f, rows[f.Kind].end != nil)
				}
			}
		}
	}
	for kind := range rows {
		if !drawn[kind] {
			t.Errorf("%q is in no plan", kind)
		}
	}
}
