package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/posternhq/postern/envelope"
)

// Plan says what to measure.
type Plan struct {
	URL   string   // a Redis that may be loaded; "" = one of its own
	Only  []string // groups, as Groups names them; none = all
	Runs  int      // of each figure; 0 = 3
	Quick bool     // a few figures, with fewer messages: under three minutes
	// Messages is the usual load of a run, which all others follow in
	// proportion; 0 = 40,000. Few only try it out: start and end count then, too.
	Messages int
	Say      func(string)
}

// group is some figures that are measured together.
type group struct {
	name  string
	quick bool // it is part of the quick plan
	run   func(*bench, context.Context) error
}

var groups = []group{
	{"drain", true, (*bench).drains},
	{"sizes", false, (*bench).sizes},
	{"lanes", false, (*bench).lanes},
	{"platforms", false, (*bench).platforms},
	{"kinds", false, (*bench).kinds},
	{"latency", true, (*bench).latencies},
	{"inbound", false, (*bench).inbound},
	{"rpc", false, (*bench).rpc},
	{"memory", false, (*bench).memory},
	{"start", true, (*bench).starts},
}

// Groups names what can be measured.
func Groups() []string {
	var names []string
	for _, g := range groups {
		names = append(names, g.name)
	}
	return names
}

// bench is one measurement under way.
type bench struct {
	*Ground
	plan   Plan
	report *Report
}

// Run measures what the plan says. Everything it wrote to Redis is gone when it
// returns.
func Run(ctx context.Context, plan Plan) (*Report, error) {
	for _, name := range plan.Only {
		if !slices.Contains(Groups(), name) {
			return nil, fmt.Errorf("nothing is called %q: there are %v", name, Groups())
		}
	}
	if plan.Runs == 0 {
		plan.Runs = 3
	}
	if plan.Messages == 0 {
		plan.Messages = usualMessages
	}
	if plan.Say == nil {
		plan.Say = func(string) {}
	}
	g, err := OpenGround(ctx, plan.URL)
	if err != nil {
		return nil, err
	}
	b := &bench{Ground: g, plan: plan, report: &Report{At: time.Now(), Machine: ThisMachine(g.Version)}}
	for _, of := range groups {
		if len(plan.Only) > 0 && !slices.Contains(plan.Only, of.name) || len(plan.Only) == 0 && plan.Quick && !of.quick {
			continue
		}
		plan.Say("measuring " + of.name)
		if err := of.run(b, ctx); err != nil {
			_ = g.Close() // what stopped the measurement is told
			return nil, fmt.Errorf("%s: %w", of.name, err)
		}
	}
	return b.report, g.Close()
}

// usualMessages is what Plan.Messages is by default.
const usualMessages = 40_000

// share is how much of the usual a run has.
func (b *bench) share() float64 {
	share := float64(b.plan.Messages) / usualMessages
	if b.plan.Quick {
		share /= 4
	}
	return share
}

// many is how many messages a figure takes that usually takes n.
func (b *bench) many(n int) int { return min(n, max(100, int(float64(n)*b.share()))) }

// long is for how long a figure is watched that is usually watched for d.
func (b *bench) long(d time.Duration) time.Duration {
	return min(d, max(time.Second, time.Duration(float64(d)*b.share())))
}

// usual is the load that figures are about unless they say otherwise.
func (b *bench) usual() Load {
	return Load{Messages: b.many(usualMessages), Lanes: 1000, Bytes: 200, Encoding: envelope.MessagePack}
}

// The platform and the group of the yardstick, in the ground's namespace.
const (
	noop      = "noop"
	bareGroup = "bare"
	bareLoop  = "bare loop"
)

// within bounds one run: a machine that manages nothing must not hang.
const within = 5 * time.Minute
