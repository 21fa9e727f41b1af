package bus

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Ledger writes the claims and settlements of one tenure, under its token,
// many at a time. Its calls return when Redis has acknowledged, or with
// ErrFenced, or when Run ends; an error in between is met by asking again.
type Ledger struct {
	claims  *batcher[ClaimRequest, ClaimAnswer]
	marks   *batcher[MarkRequest, MarkAnswer]
	settles *batcher[Settlement, Settled]
}

// NewLedger makes a ledger for a tenure under token. Dead and parked records
// older than retention are trimmed as new ones are written.
func (s *Stream) NewLedger(token string, retention time.Duration) *Ledger {
	log := func(what string) *slog.Logger { return s.bus.log.With("stream", s.Name, "what", what) }
	var calls int64 // for claims: they are asked one call after the other
	return &Ledger{
		claims: newBatcher(log("claims"), func(ctx context.Context, batch []ClaimRequest) ([]ClaimAnswer, error) {
			calls++
			return s.claimBatch(ctx, token, calls, batch)
		}, func(ClaimRequest) int { return 256 }),
		marks: newBatcher(log("marks"), func(ctx context.Context, batch []MarkRequest) ([]MarkAnswer, error) {
			return s.markBatch(ctx, token, batch)
		}, func(q MarkRequest) int { return q.size() }),
		settles: newBatcher(log("settlements"), func(ctx context.Context, batch []Settlement) ([]Settled, error) {
			return s.settleBatch(ctx, token, retention, batch)
		}, Settlement.size),
	}
}

// Run serves the calls until ctx ends, and answers those that are not under way by
// then, and later ones, with ctx' error.
func (l *Ledger) Run(ctx context.Context) {
	var wait sync.WaitGroup
	wait.Go(func() { l.claims.loop(ctx) })
	wait.Go(func() { l.marks.loop(ctx) })
	wait.Go(func() { l.settles.loop(ctx) })
	wait.Wait()
}

// Claim looks an entry's claim up and takes it if it is free. It returns earlier
// when ctx ends; but not with a mark that was left unanswered: that would be in
// doubt.
func (l *Ledger) Claim(ctx context.Context, q ClaimRequest) (ClaimAnswer, error) {
	if q.Send {
		ctx = context.Background()
	}
	return l.claims.do(ctx, q)
}

// Mark records how far a claim has come. It returns earlier when ctx ends.
func (l *Ledger) Mark(ctx context.Context, q MarkRequest) (MarkAnswer, error) {
	return l.marks.do(ctx, q)
}

// Settle finishes an entry.
func (l *Ledger) Settle(q Settlement) (Settled, error) {
	return l.settles.do(context.Background(), q)
}
