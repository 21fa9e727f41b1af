package bus

import (
	"context"
	"sync"
	"time"
)

// gatherTimeout bounds one batch, whoever waits for it.
const gatherTimeout = 5 * time.Second

// gatherer makes one of the calls that come while another is under way, as a
// batcher does, but has no loop to be run, and gives an error back at once:
// who calls is a person waiting. At most one batch is under way.
type gatherer[Q, A any] struct {
	run  func(context.Context, []Q) ([]A, error) // an answer for each question, or an error for all
	size func(Q) int

	mutex   sync.Mutex
	waiting []call[Q, A]
	busy    bool
}

// do asks and waits for the answer or the end of ctx.
func (g *gatherer[Q, A]) do(ctx context.Context, q Q) (A, error) {
	answer := make(chan result[A], 1)
	g.mutex.Lock()
	g.waiting = append(g.waiting, call[Q, A]{q, answer})
	if !g.busy {
		g.busy = true
		go g.work()
	}
	g.mutex.Unlock()
	select {
	case r := <-answer:
		return r.answer, r.err
	case <-ctx.Done():
		return *new(A), ctx.Err()
	}
}

// work serves what waits until nothing does. It is never held up for longer
// than gatherTimeout a batch.
func (g *gatherer[Q, A]) work() {
	for {
		batch := g.next()
		if len(batch) == 0 {
			return
		}
		g.serve(batch)
	}
}

// next takes the next batch from what waits; none, and the work is over.
func (g *gatherer[Q, A]) next() []call[Q, A] {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	n, bytes := 0, 0
	for n < min(len(g.waiting), batchEntries) {
		if bytes += g.size(g.waiting[n].question); n > 0 && bytes > batchBytes {
			break
		}
		n++
	}
	batch := g.waiting[:n:n]
	if g.waiting = g.waiting[n:]; n == 0 {
		g.busy, g.waiting = false, nil
	}
	return batch
}

func (g *gatherer[Q, A]) serve(batch []call[Q, A]) {
	questions := make([]Q, len(batch))
	for i, c := range batch {
		questions[i] = c.question
	}
	ctx, cancel := context.WithTimeout(context.Background(), gatherTimeout)
	answers, err := g.run(ctx, questions)
	cancel()
	if err != nil && refused(err) && len(batch) > 1 {
		for i := range batch { // so that one that is refused harms only itself
			g.serve(batch[i : i+1])
		}
		return
	}
	for i, c := range batch {
		if err != nil {
			c.answer <- result[A]{err: err}
			continue
		}
		c.answer <- result[A]{answer: answers[i]}
	}
}
