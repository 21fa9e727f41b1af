package inbound

import (
	"context"
	"log/slog"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// Kept is the inbound stream, as its keeper needs it: *bus.Inbound.
type Kept interface {
	EnsureGroup(ctx context.Context) (made bool, err error)
	Trim(ctx context.Context, retention time.Duration) (bus.Trimmed, error)
}

// Keeper makes the workers' group, and again if it is gone, and trims the
// stream. Every node has one; they do not disturb each other.
type Keeper struct {
	Stream    Kept
	Every     time.Duration
	Retention time.Duration
	Log       *slog.Logger
	Lost      func(entries int64) // told of what went although a group needed it; may be nil

	failing bool // so that an outage is logged once
}

// Run keeps the stream until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	ticker := time.NewTicker(k.Every)
	defer ticker.Stop()
	for {
		k.once(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (k *Keeper) once(ctx context.Context) {
	made, err := k.Stream.EnsureGroup(ctx)
	if made {
		k.Log.Info("made the workers' group on the inbound stream, at its beginning")
	}
	var trimmed bus.Trimmed
	if err == nil {
		trimmed, err = k.Stream.Trim(ctx, k.Retention)
	}
	switch {
	case ctx.Err() != nil:
		return
	case err != nil && !k.failing:
		k.Log.Warn("the inbound stream is not kept for now; tried again until it works", "every", k.Every, "error", err, "do", bus.Cure(err))
	case err == nil && k.failing:
		k.Log.Info("the inbound stream is kept again")
	}
	k.failing = err != nil
	if trimmed.Needed > 0 {
		k.Log.Error("inbound events were lost to workers that did not read them in time: they are older than inbound.retention",
			"events", trimmed.Needed, "retention", k.Retention)
		if k.Lost != nil {
			k.Lost(trimmed.Needed)
		}
	}
}
