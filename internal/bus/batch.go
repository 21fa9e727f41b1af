package bus

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// A batch is one script call: at most so many entries and bytes.
const (
	batchEntries = 512
	batchBytes   = 1 << 20
)

// callsWaiting is room for calls that wait. Who finds none waits itself, and is
// gathered all the same; each platform that we are active for has its room, so
// it is small.
const callsWaiting = 16

// A batch that Redis refuses is spoken of after patience, and then now and
// again: a day of it is some 3,000 lines.
const (
	patience = 3 * time.Second
	sayAgain = 30 * time.Second
)

// batcher gathers the calls that come while one is under way and makes them
// one: no call waits for company, and under load the batches grow.
type batcher[Q, A any] struct {
	calls chan call[Q, A]
	run   func(context.Context, []Q) ([]A, error)
	size  func(Q) int
	log   *slog.Logger

	answers sync.Pool // of chan result[A], empty
	batches sync.Pool // of *batch[Q, A], empty
}

type call[Q, A any] struct {
	question Q
	answer   chan<- result[A]
}

// batch is room for one, used again and again while there is much to do.
type batch[Q, A any] struct {
	calls     []call[Q, A]
	questions []Q
}

type result[A any] struct {
	answer A
	err    error
}

func newBatcher[Q, A any](log *slog.Logger, run func(context.Context, []Q) ([]A, error), size func(Q) int) *batcher[Q, A] {
	return &batcher[Q, A]{calls: make(chan call[Q, A], callsWaiting), run: run, size: size, log: log}
}

// do asks and waits for the answer or the end of ctx.
func (b *batcher[Q, A]) do(ctx context.Context, q Q) (A, error) {
	answer, _ := b.answers.Get().(chan result[A])
	if answer == nil {
		answer = make(chan result[A], 1)
	}
	select {
	case b.calls <- call[Q, A]{q, answer}:
	case <-ctx.Done():
		return *new(A), ctx.Err()
	}
	select {
	case r := <-answer:
		b.answers.Put(answer) // one that was not waited for may still be written to
		return r.answer, r.err
	case <-ctx.Done():
		return *new(A), ctx.Err()
	}
}

// loop serves calls until ctx ends.
func (b *batcher[Q, A]) loop(ctx context.Context) {
	var carried *call[Q, A]
	for {
		var first call[Q, A]
		if carried != nil {
			first, carried = *carried, nil
		} else {
			select {
			case first = <-b.calls:
			case <-ctx.Done():
				return
			}
		}
		room, _ := b.batches.Get().(*batch[Q, A])
		if room == nil {
			room = &batch[Q, A]{}
		}
		calls := append(room.calls, first)
		bytes := b.size(first.question)
	gather:
		for len(calls) < batchEntries {
			select {
			case c := <-b.calls:
				if bytes += b.size(c.question); bytes > batchBytes {
					carried = &c
					break gather
				}
				calls = append(calls, c)
			default:
				break gather
			}
		}
		questions := room.questions
		for _, c := range calls {
			questions = append(questions, c.question)
		}
		b.serve(ctx, calls, questions)
		clear(calls)
		clear(questions)
		room.calls, room.questions = calls[:0], questions[:0]
		b.batches.Put(room)
	}
}

// serve runs one batch and hands out its answers. Every script may be sent
// twice, so an error that is not the fence's is met by sending it again until
// ctx, the tenure, ends. An error that stays is told, or a key that is in the
// way would hold everything up without a word.
func (b *batcher[Q, A]) serve(ctx context.Context, calls []call[Q, A], questions []Q) {
	wait := 20 * time.Millisecond
	begun, said := time.Now(), time.Time{}
	for {
		answers, err := b.run(ctx, questions)
		if err == nil {
			for i, c := range calls {
				c.answer <- result[A]{answer: answers[i]}
			}
			return
		}
		if refused(err) && len(calls) > 1 {
			for i := range calls { // so that one that is refused holds up only itself
				b.serve(ctx, calls[i:i+1], questions[i:i+1]) // with what run noted: it may have had its effect
			}
			return
		}
		if errors.Is(err, ErrFenced) || refused(err) || ctx.Err() != nil {
			for _, c := range calls {
				c.answer <- result[A]{err: err}
			}
			return
		}
		if long := time.Since(begun); long >= patience && time.Since(said) >= sayAgain {
			said = time.Now()
			about := []any{"entries", len(calls), "error", err, "for", long.Round(time.Second)}
			if do := Cure(err); do != "" {
				about = append(about, "do", do)
			}
			b.log.Warn("redis does not take it; asking again", about...)
		}
		pause(ctx, wait)
		wait = min(2*wait, time.Second)
	}
}
