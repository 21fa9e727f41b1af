package main

import (
	"fmt"
	"runtime"
)

// mark is what a part more costs Redis by the model, in µs: docs/performance.md.
const mark = 6.0

// costs are what the model is fed with, in µs of processor a message.
type costs struct{ node, redis, publisher float64 }

// holds is how many messages a second the model of docs/performance.md gives a
// fleet. Each Redis has one core at most, a node all of its machine's; where they
// share one machine, with who publishes, all that they need of it is the bound.
func (c costs) holds(f fleet, cores int) (rate float64, by string) {
	redis := c.redis + mark*float64(f.parts-1)
	rate, by = 1e6*float64(f.redis)/redis, "Redis"
	if n := 1e6 * float64(f.nodes*cores) / c.node; n < rate {
		rate, by = n, "the nodes"
	}
	if shared := 1e6 * float64(cores) / (c.node + redis + c.publisher); shared < rate {
		rate, by = shared, "the cores that all share"
	}
	return rate, by
}

// model holds the measured fleets against what the model makes of the costs on
// one node with one Redis: a ratio of 1 is that it holds.
func (m *measurement) model(runs [][]drained) {
	cores := runtime.NumCPU()
	for i, f := range fleets {
		var says []float64
		by := ""
		for _, d := range runs[0] {
			c := costs{d.ofNodes(), d.ofRedis(), d.ofPublisher()}
			var rate float64
			rate, by = c.holds(f, cores)
			says = append(says, rate)
		}
		m.report.Add("The model against these", f.name, "messages/s", of(runs[i], drained.rate), "the model", says).Note = fmt.Sprintf("bound by %s", by)
	}
	last := len(fleets) - 1
	var part []float64
	for i, d := range runs[last] {
		part = append(part, (d.ofRedis()-runs[0][i].ofRedis())/float64(fleets[last].parts-1))
	}
	m.report.Add("The model against these", "a part more, of Redis", "µs", part, "the model", repeated(mark, len(part)))
}

func repeated(v float64, n int) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = v
	}
	return all
}
