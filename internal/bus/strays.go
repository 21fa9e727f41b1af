package bus

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// Outbounds lists the platforms that somebody has published to, by their
// outbound streams, in order. It looks at every key of Redis, a page at a
// time: for a person who asks, and for nothing else.
func (b *Bus) Outbounds(ctx context.Context, names envelope.Names) ([]string, error) {
	prefix := names.Outbound("")
	var mutex sync.Mutex // a Cluster's masters are asked side by side
	var out []string
	err := b.eachMaster(ctx, func(ctx context.Context, c redis.Cmdable) error {
		keys := c.ScanType(ctx, 0, escapeGlob(prefix)+"*", 4096, "stream").Iterator()
		for keys.Next(ctx) {
			if platform := strings.TrimPrefix(keys.Val(), prefix); envelope.CheckPlatform(platform) == nil {
				mutex.Lock()
				out = append(out, platform)
				mutex.Unlock()
			}
		}
		return keys.Err()
	})
	slices.Sort(out)
	return out, err
}
