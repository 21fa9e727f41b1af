package command

import (
	"context"
	"fmt"
	"slices"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/suggest"
)

// stray is an outbound stream of a platform that neither this config nor a
// live node has: most often, somebody's slip of the pen.
type stray struct {
	Stream  string `json:"stream"`
	Entries int64  `json:"entries"`
	Hint    string `json:"hint,omitempty"` // the platform that may have been meant
}

func (s stray) String() string {
	return fmt.Sprintf("%s: %d entries wait there, and no platform of that name is configured or running%s", s.Stream, s.Entries, s.Hint)
}

// readStrays looks for streams that nobody will ever read.
func readStrays(ctx context.Context, cfg *config.Config, b *bus.Bus, nodes []bus.Node) ([]stray, error) {
	platforms, err := b.Outbounds(ctx, cfg.Names())
	if err != nil {
		return nil, fmt.Errorf("looking for streams that nobody reads: %w", err)
	}
	known := platformNames(cfg)
	for _, n := range nodes {
		known = append(known, n.Platforms...)
	}
	strays := []stray{}
	for _, p := range platforms {
		if slices.Contains(known, p) {
			continue
		}
		s := stray{Stream: cfg.Names().Outbound(p), Hint: suggest.DidYouMean(p, known)}
		if s.Entries, err = b.Client().XLen(ctx, s.Stream).Result(); err != nil {
			return nil, fmt.Errorf("looking at %s: %w", s.Stream, err)
		}
		if s.Entries > 0 {
			strays = append(strays, s)
		}
	}
	return strays, nil
}
