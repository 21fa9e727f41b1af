// Package bot is the demo's worker.
package bot

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// Run works until ctx ends.
func Run(ctx context.Context, client redis.UniversalClient, names envelope.Names) error {
	<-ctx.Done()
	return nil
}
