package outbound

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// gatekeeper writes down which gates are shut, for the next owner, and reads
// what the last one wrote.
type gatekeeper struct {
	stream *bus.Stream
	token  string
	gates  *gates
	turn   chan struct{} // holds a token while nobody writes
	log    *slog.Logger
}

func newGatekeeper(stream *bus.Stream, token string, gates *gates, log *slog.Logger) *gatekeeper {
	k := &gatekeeper{stream: stream, token: token, gates: gates, turn: make(chan struct{}, 1), log: log}
	k.turn <- struct{}{}
	return k
}

// run writes what is new until ctx ends. No entry waits for it.
func (k *gatekeeper) run(ctx context.Context) {
	trouble := newTrouble(k.log, "the gates of "+k.stream.Name)
	for {
		select {
		case <-k.gates.wake:
		case <-ctx.Done():
			return
		}
		for {
			err := k.write(ctx)
			if err == nil {
				trouble.over()
				break
			}
			if ctx.Err() != nil || errors.Is(err, bus.ErrFenced) {
				return
			}
			trouble.wait(ctx, err)
		}
	}
}

// write tells Redis what it is not told of, in one go. Where the key holds
// something else, delivery goes on, and the next owner will not know.
func (k *gatekeeper) write(ctx context.Context) error {
	select {
	case <-k.turn:
		defer func() { k.turn <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	news := k.gates.take()
	if len(news) == 0 {
		return nil
	}
	err := k.stream.ShutGates(ctx, k.token, news)
	if bus.Misplaced(err) {
		k.log.Warn("which gates are shut cannot be kept: its key holds something else; delete or rename it", "error", err)
		return nil
	}
	if err != nil {
		k.gates.giveBack(news)
	}
	return err
}

// flush writes what is new, before the lease is released. What cannot be
// written by then costs the next owner a refusal.
func (k *gatekeeper) flush(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := k.write(limited); err != nil && ctx.Err() == nil {
		k.log.Warn("which gates are shut could not be written for the next owner", "error", err)
	}
}

// inherit reads what the last owner wrote.
func (k *gatekeeper) inherit(ctx context.Context) error {
	left, err := k.stream.Gates(ctx, k.token)
	if err != nil {
		return err
	}
	k.gates.inherit(left)
	if len(left) > 0 {
		k.log.Info("rate limits still hold from before the take-over", "gates", len(left))
	}
	return nil
}
