package bus

import (
	"context"
	"fmt"
	"strings"
)

// ensureGroup makes a consumer group at 0, and the stream with it, unless it
// stands already.
func (b *Bus) ensureGroup(ctx context.Context, stream, group string) (made bool, err error) {
	err = b.client.XGroupCreateMkStream(ctx, stream, group, "0").Err()
	switch {
	case err == nil:
		return true, nil
	case strings.HasPrefix(err.Error(), "BUSYGROUP"):
		return false, nil
	default:
		return false, fmt.Errorf("create group %s on %s: %w", group, stream, err)
	}
}
