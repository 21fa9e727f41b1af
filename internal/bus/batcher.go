package bus

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// A batch that Redis refuses is spoken of after patience, and then now and
// again: a day of it is some 3,000 lines.
const (
	patience = 3 * time.Second
	sayAgain = 30 * time.Second
)

// batcher makes one of the calls that come while another is under way, for a
// tenure: it asks until there is an answer.
type batcher[Q, A any] struct {
	run     func(context.Context, []Q) ([]A, error) // keeps nothing of its questions
	log     *slog.Logger
	waiting batches[Q, A]
	ring    chan struct{} // something waits
}

func newBatcher[Q, A any](log *slog.Logger, run func(context.Context, []Q) ([]A, error), size func(Q) int) *batcher[Q, A] {
	return &batcher[Q, A]{run: run, log: log, waiting: batches[Q, A]{size: size}, ring: make(chan struct{}, 1)}
}

// do asks and waits for the answer or the end of ctx. Where loop has ended, its
// ctx' error is the answer.
func (b *batcher[Q, A]) do(ctx context.Context, q Q) (A, error) {
	batch, at, begin := b.waiting.join(q)
	if begin {
		b.ring <- struct{}{} // it is empty: loop has taken what it was rung for before
	}
	return batch.wait(ctx, at)
}

// loop serves calls until ctx ends.
func (b *batcher[Q, A]) loop(ctx context.Context) {
	defer func() { b.waiting.end(ctx.Err()) }()
	for {
		select {
		case <-b.ring:
		case <-ctx.Done():
			return
		}
		for batch := b.waiting.take(); batch != nil; batch = b.waiting.take() {
			if ctx.Err() != nil {
				batch.end(nil, ctx.Err())
				return
			}
			b.serve(ctx, batch)
			b.waiting.gives(batch)
		}
	}
}

// serve runs one batch and tells its answers. Every script may be sent twice, so
// an error that is not the fence's is met by sending it again until ctx, the
// tenure, ends. An error that stays is told, or a key that is in the way would
// hold everything up without a word.
func (b *batcher[Q, A]) serve(ctx context.Context, batch *batch[Q, A]) {
	wait := 20 * time.Millisecond
	begun, said := time.Now(), time.Time{}
	for {
		answers, err := b.run(ctx, batch.questions)
		if refused(err) && len(batch.questions) > 1 {
			for _, one := range batch.split() {
				b.serve(ctx, one)
			}
			return
		}
		if err == nil || errors.Is(err, ErrFenced) || refused(err) || ctx.Err() != nil {
			batch.end(answers, err)
			return
		}
		if long := time.Since(begun); long >= patience && time.Since(said) >= sayAgain {
			said = time.Now()
			about := []any{"entries", len(batch.questions), "error", err, "for", long.Round(time.Second)}
			if do := Cure(err); do != "" {
				about = append(about, "do", do)
			}
			b.log.Warn("redis does not take it; asking again", about...)
		}
		pause(ctx, wait)
		wait = min(2*wait, time.Second)
	}
}
