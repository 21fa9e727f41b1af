package media

import (
	"context"
	"time"
)

// Expired files are gone at once for whoever asks, and from the disk within
// sweepEvery.
const sweepEvery = 10 * time.Minute

// Run removes expired files until ctx ends. Several nodes may do so at once.
func (s *Store) Run(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		s.sweep(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Store) sweep(ctx context.Context) {
	removed, err := s.config.Backend.Sweep(ctx, s.config.Now().Add(-s.config.Retention))
	if removed > 0 {
		s.config.Log.Info("files expired", "removed", removed, "retention", s.config.Retention)
	}
	if err != nil && ctx.Err() == nil {
		s.config.Log.Warn("expired files cannot all be removed; tried again", "in", sweepEvery, "error", err)
	}
}
