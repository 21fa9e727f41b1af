package bus

import (
	"context"
	"sync"
)

// A batch is one script call: at most so many entries and bytes.
const (
	batchEntries = 512
	batchBytes   = 1 << 20
)

// batch is some questions that are asked with one call, and what came of it.
type batch[Q, A any] struct {
	questions []Q
	size      int           // in bytes
	done      chan struct{} // closed once the rest is written

	answers []A // of each, unless
	err     error
	apart   []*batch[Q, A] // or each is asked by itself
}

// wait waits for the answer to a question, or the end of ctx. One that has no end
// costs less.
func (b *batch[Q, A]) wait(ctx context.Context, at int) (answer A, err error) {
	if ctx.Done() == nil {
		<-b.done
	} else {
		select {
		case <-b.done:
		case <-ctx.Done():
			return answer, ctx.Err()
		}
	}
	switch {
	case b.apart != nil:
		return b.apart[at].wait(ctx, 0)
	case b.err != nil:
		return answer, b.err
	default:
		return b.answers[at], nil
	}
}

// end tells all who wait at once.
func (b *batch[Q, A]) end(answers []A, err error) {
	b.answers, b.err = answers, err
	close(b.done)
}

// split has each question asked by itself, so that one that is refused harms only
// itself: with what the call noted, which may have had its effect.
func (b *batch[Q, A]) split() []*batch[Q, A] {
	apart := make([]*batch[Q, A], len(b.questions))
	for i := range apart {
		apart[i] = &batch[Q, A]{questions: b.questions[i : i+1 : i+1], done: make(chan struct{})}
	}
	b.apart = apart
	close(b.done)
	return apart
}

// plainFirst is the order in which the n questions of a batch are told to a script
// that has a short way for those that ask for what most do, and how many these are.
func plainFirst(n int, plain func(i int) bool) (order []int, plains int) {
	order = make([]int, 0, n)
	var others []int
	for i := range n {
		if plain(i) {
			order = append(order, i)
		} else {
			others = append(others, i)
		}
	}
	return append(order, others...), len(order)
}

// batches are the questions that came while a batch was under way, as the batches
// that they will be: no call waits for company, and under load the batches grow.
// It is safe for concurrent use.
type batches[Q, A any] struct {
	size func(Q) int // in bytes

	mutex   sync.Mutex
	waiting []*batch[Q, A]
	busy    bool  // somebody takes them
	room    []Q   // of a batch that is answered, for the next one
	over    error // why there is no answer any more
}

// join adds a question to the last batch that has room. begin: nobody takes
// them, and now somebody has to.
func (all *batches[Q, A]) join(q Q) (b *batch[Q, A], at int, begin bool) {
	size := all.size(q)
	all.mutex.Lock()
	defer all.mutex.Unlock()
	if last := len(all.waiting) - 1; last >= 0 {
		b = all.waiting[last]
	}
	if b == nil || len(b.questions) == batchEntries || b.size+size > batchBytes {
		b = &batch[Q, A]{questions: all.room, done: make(chan struct{})}
		all.room = nil
		if all.over != nil {
			b.end(nil, all.over)
			return b, 0, false
		}
		all.waiting = append(all.waiting, b)
	}
	b.questions = append(b.questions, q)
	b.size += size
	begin, all.busy = !all.busy, true
	return b, len(b.questions) - 1, begin
}

// take takes the first batch; nil, and nobody takes them any more.
func (all *batches[Q, A]) take() *batch[Q, A] {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	if len(all.waiting) == 0 {
		all.busy, all.waiting, all.room = false, nil, nil // of a thousand platforms most have nothing to do
		return nil
	}
	b := all.waiting[0]
	all.waiting[0] = nil
	all.waiting = all.waiting[1:]
	return b
}

// end answers what waits, and all that comes, with an error.
func (all *batches[Q, A]) end(why error) {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	for _, b := range all.waiting {
		b.end(nil, why)
	}
	all.waiting, all.over = nil, why
}

// gives takes back the room of a batch that is answered.
func (all *batches[Q, A]) gives(b *batch[Q, A]) {
	room := b.questions
	clear(room)
	all.mutex.Lock()
	all.room = room[:0]
	all.mutex.Unlock()
}
