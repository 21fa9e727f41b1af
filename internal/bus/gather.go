package bus

import (
	"context"
	"time"
)

// gatherTimeout bounds one batch, whoever waits for it.
const gatherTimeout = 5 * time.Second

// gatherer makes one of the calls that come while another is under way, as a
// batcher does, but has no loop to be run, and gives an error back at once:
// who calls is a person waiting. At most one batch is under way.
type gatherer[Q, A any] struct {
	run     func(context.Context, []Q) ([]A, error) // an answer for each question, or an error for all; keeps nothing of them
	waiting batches[Q, A]
}

func newGatherer[Q, A any](run func(context.Context, []Q) ([]A, error), size func(Q) int) *gatherer[Q, A] {
	return &gatherer[Q, A]{run: run, waiting: batches[Q, A]{size: size}}
}

// do asks and waits for the answer or the end of ctx.
func (g *gatherer[Q, A]) do(ctx context.Context, q Q) (A, error) {
	batch, at, begin := g.waiting.join(q)
	if begin {
		go g.work()
	}
	return batch.wait(ctx, at)
}

// work serves what waits until nothing does. It is never held up for longer
// than gatherTimeout a batch.
func (g *gatherer[Q, A]) work() {
	for batch := g.waiting.take(); batch != nil; batch = g.waiting.take() {
		g.serve(batch)
		g.waiting.gives(batch)
	}
}

func (g *gatherer[Q, A]) serve(batch *batch[Q, A]) {
	ctx, cancel := context.WithTimeout(context.Background(), gatherTimeout)
	answers, err := g.run(ctx, batch.questions)
	cancel()
	if refused(err) && len(batch.questions) > 1 {
		for _, one := range batch.split() {
			g.serve(one)
		}
		return
	}
	batch.end(answers, err)
}
