package bus

import (
	"context"
	"fmt"
)

// ensureGroup makes a consumer group at 0, and the stream with it, unless it
// stands already.
func (b *Bus) ensureGroup(ctx context.Context, stream, group string) (made bool, err error) {
	v, err := b.run(ctx, "group", []string{stream}, group)
	if err != nil {
		return false, fmt.Errorf("create group %s on %s: %w", group, stream, err)
	}
	n, _ := v.(int64)
	return n == 1, nil
}
