package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// bareCount is how many entries the bare loop reads at once.
const bareCount = 512

// Bare is the yardstick: XREADGROUP and XACK in a loop, with no promise at all.
// It reads a stream until n entries were handled and acknowledged.
func Bare(ctx context.Context, client redis.UniversalClient, stream, group string, n int, handle func(data []byte)) error {
	if err := client.XGroupCreateMkStream(ctx, stream, group, "0").Err(); err != nil {
		return fmt.Errorf("make the group: %w", err)
	}
	ids := make([]string, 0, bareCount)
	for n > 0 {
		streams, err := client.XReadGroup(ctx, &redis.XReadGroupArgs{
			Group: group, Consumer: "bare", Streams: []string{stream, ">"}, Count: bareCount, Block: time.Second,
		}).Result()
		if err == redis.Nil {
			continue
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		ids = ids[:0]
		for _, m := range streams[0].Messages {
			data, _ := m.Values["data"].(string)
			handle([]byte(data))
			ids = append(ids, m.ID)
		}
		if err := client.XAck(ctx, stream, group, ids...).Err(); err != nil {
			return fmt.Errorf("acknowledge: %w", err)
		}
		n -= len(ids)
	}
	return nil
}
