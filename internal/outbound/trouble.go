package outbound

import (
	"context"
	"log/slog"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// trouble paces and reports a run of errors from Redis: the first is logged,
// then one line each half minute, then that it is over. A Redis that is gone
// for a day costs some 3,000 lines.
type trouble struct {
	log   *slog.Logger
	what  string
	since time.Time
	said  time.Time
	pause time.Duration
}

func newTrouble(log *slog.Logger, what string) *trouble { return &trouble{log: log, what: what} }

// The pauses between attempts: 50 ms doubling to 1 s, so that a Redis that is
// back is noticed within a second.
const (
	troubleFirst = 50 * time.Millisecond
	troubleMost  = time.Second
	troubleEvery = 30 * time.Second
)

// wait notes an error and waits before the next attempt, or until ctx ends.
func (t *trouble) wait(ctx context.Context, err error) {
	now := time.Now()
	if t.since.IsZero() {
		t.since, t.pause = now, troubleFirst
	}
	if now.Sub(t.said) >= troubleEvery {
		t.said = now
		said := []any{"what", t.what, "error", err, "for", now.Sub(t.since).Round(time.Second)}
		if do := bus.Cure(err); do != "" {
			said = append(said, "do", do)
		}
		t.log.Warn("redis does not answer as it should; trying on", said...)
	}
	timer := time.NewTimer(t.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	t.pause = min(2*t.pause, troubleMost)
}

// over notes that it worked.
func (t *trouble) over() {
	if t.since.IsZero() {
		return
	}
	t.log.Info("redis answers again", "what", t.what, "after", time.Since(t.since).Round(time.Millisecond))
	t.since, t.said = time.Time{}, time.Time{}
}
