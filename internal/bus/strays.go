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

func (b *Bus) eachMaster(ctx context.Context, f func(context.Context, redis.Cmdable) error) error {
	if c, ok := b.client.(*redis.ClusterClient); ok {
		return c.ForEachMaster(ctx, func(ctx context.Context, m *redis.Client) error { return f(ctx, m) })
	}
	return f(ctx, b.client)
}

func escapeGlob(s string) string {
	var out []rune
	for _, r := range s {
		if r == '*' || r == '?' || r == '[' || r == ']' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}
