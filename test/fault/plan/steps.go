package plan

import (
	"cmp"
	"slices"
	"time"
)

// Step is a fault's beginning or its end.
type Step struct {
	At  time.Duration // since the run's start
	End bool
	Fault
}

// Steps are what is to be done, in order. A fault that lasts has two.
func (p Plan) Steps() []Step {
	var out []Step
	for _, f := range p {
		out = append(out, Step{At: f.At, Fault: f})
		if f.For > 0 {
			out = append(out, Step{At: f.At + f.For, End: true, Fault: f})
		}
	}
	slices.SortStableFunc(out, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return out
}
