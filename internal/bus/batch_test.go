package bus

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// gathered runs a batcher of sizes that answers each with itself. Each batch
// waits for one value from let.
func gathered(t *testing.T, run func(context.Context, []int) ([]int, error), log *slog.Logger) *batcher[int, int] {
	t.Helper()
	b := newBatcher(log, run, func(size int) int { return size })
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() { b.loop(ctx) })
	t.Cleanup(func() { cancel(); wait.Wait() })
	return b
}

var silent = slog.New(slog.DiscardHandler)

// TestBatcherGathers: what comes while a batch is under way is the next one,
// up to its bounds, in order, and each gets its own answer.
func TestBatcherGathers(t *testing.T) {
	t.Parallel()
	of := func(n, size int) []int {
		out := make([]int, n)
		for i := range out {
			out[i] = size
		}
		return out
	}
	for name, c := range map[string]struct {
		calls []int // after the first, which is under way
		want  []int // lengths of the batches
	}{
		"all that wait":              {of(100, 1), []int{100}},
		"at most 512 entries":        {of(600, 1), []int{512, 88}},
		"at most 1 MiB":              {of(5, 400<<10), []int{2, 2, 1}},
		"exactly 1 MiB":              {of(4, 512<<10), []int{2, 2}},
		"one over 1 MiB goes alone":  {[]int{1, 2 << 20, 1}, []int{1, 1, 1}},
		"the first over 1 MiB, also": {[]int{2 << 20, 1, 2}, []int{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				let := make(chan struct{})
				var lengths, served []int
				b := gathered(t, func(_ context.Context, batch []int) ([]int, error) {
					<-let
					lengths, served = append(lengths, len(batch)), append(served, batch...)
					return slices.Clone(batch), nil
				}, silent)
				var wait sync.WaitGroup
				ask := func(size int) {
					wait.Go(func() {
						if got, err := b.do(t.Context(), size); err != nil || got != size {
							t.Errorf("asked %d: %d, %v", size, got, err)
						}
					})
					synctest.Wait() // one after the other, in order
				}
				ask(7)
				for _, size := range c.calls {
					ask(size)
				}
				close(let)
				wait.Wait()
				equal(t, "batches", lengths, append([]int{1}, c.want...))
				equal(t, "order", served, append([]int{7}, c.calls...))
			})
		})
	}
}

// refusal is an error that Redis answers.
type refusal string

func (r refusal) Error() string { return string(r) }
func (r refusal) RedisError()   {}

// TestBatcherSplits: what Redis refuses for good is told to the one who asked
// for it, and holds up nobody else.
func TestBatcherSplits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const bad = 13
		let := make(chan struct{})
		var lengths []int
		b := gathered(t, func(_ context.Context, batch []int) ([]int, error) {
			<-let
			lengths = append(lengths, len(batch))
			if slices.Contains(batch, bad) {
				return nil, refusal("WRONGTYPE of 13")
			}
			return slices.Clone(batch), nil
		}, silent)
		var wait sync.WaitGroup
		for _, size := range []int{1, 11, 12, bad, 14} {
			wait.Go(func() {
				got, err := b.do(t.Context(), size)
				if size == bad {
					if !refused(err) {
						t.Errorf("asked %d: %d, %v; want what Redis says of it", size, got, err)
					}
				} else if err != nil || got != size {
					t.Errorf("asked %d: %d, %v", size, got, err)
				}
			})
			synctest.Wait()
		}
		close(let)
		wait.Wait()
		equal(t, "batches", lengths, []int{1, 4, 1, 1, 1, 1})
	})
}

// TestBatcherAsksAgain: over errors of any other kind than the fence's, and
// tells of one that stays, now and then.
func TestBatcherAsksAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const gone = 10 * time.Minute
		var log bytes.Buffer
		begun, tries := time.Now(), 0
		b := gathered(t, func(_ context.Context, batch []int) ([]int, error) {
			tries++
			if time.Since(begun) < gone {
				return nil, refusal("LOADING Redis is loading the dataset in memory")
			}
			return slices.Clone(batch), nil
		}, slog.New(slog.NewTextHandler(&log, nil)))
		if got, err := b.do(t.Context(), 5); err != nil || got != 5 {
			t.Errorf("%d, %v", got, err)
		}
		if late := time.Since(begun) - gone; late > time.Second {
			t.Errorf("answered %v after Redis was back; want within a second", late)
		}
		if tries > 700 {
			t.Errorf("%d tries in %v", tries, gone)
		}
		lines := strings.Count(log.String(), "\n")
		if lines < 15 || lines > 21 || !strings.Contains(log.String(), "LOADING Redis") {
			t.Errorf("%d lines in %v, the last ones:\n%s", lines, gone, log.String()[max(0, log.Len()-500):])
		}
	})
}

func TestBatcherGivesUp(t *testing.T) {
	t.Parallel()
	t.Run("on the fence", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			b := gathered(t, func(context.Context, []int) ([]int, error) { tries++; return nil, ErrFenced }, silent)
			if _, err := b.do(t.Context(), 1); !errors.Is(err, ErrFenced) || tries != 1 {
				t.Errorf("%v after %d tries; want ErrFenced at once", err, tries)
			}
		})
	})
	t.Run("at the end of the tenure", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			down := errors.New("connection refused")
			b := newBatcher(silent, func(context.Context, []int) ([]int, error) { return nil, down }, func(int) int { return 1 })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var wait sync.WaitGroup
			wait.Go(func() { b.loop(ctx) })
			if _, err := b.do(t.Context(), 1); !errors.Is(err, down) {
				t.Errorf("%v; want Redis' error, so that the caller does not wait for ever", err)
			}
			wait.Wait()
		})
	})
	t.Run("at the end of the call", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			let := make(chan struct{})
			b := gathered(t, func(_ context.Context, batch []int) ([]int, error) { <-let; return slices.Clone(batch), nil }, silent)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := b.do(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v; want the deadline", err)
			}
			close(let)
			if got, err := b.do(t.Context(), 2); err != nil || got != 2 {
				t.Errorf("the next one: %d, %v", got, err)
			}
		})
	})
}
