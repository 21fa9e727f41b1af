package bus

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

// TestTrimKeepsWhatIsNeeded holds the script to a model: groups that read and
// acknowledge as they like, and entries of any age.
func TestTrimKeepsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	const retention = time.Hour
	b := openInbound(t, redistest.Start(t).URL())
	in := b.Inbound(envelope.NewNames("postern"))
	client, ctx := b.Client(), t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		if err := client.FlushAll(ctx).Err(); err != nil {
			rt.Fatalf("FLUSHALL: %v", err)
		}
		old := rapid.IntRange(0, 6).Draw(rt, "old")
		young := rapid.IntRange(1, 6).Draw(rt, "young")
		var ids []string
		for n := range old + young {
			ago := 2 * retention
			if n >= old {
				ago = retention / 2
			}
			id, err := client.XAdd(ctx, &redis.XAddArgs{
				Stream: inboundStream, ID: fmt.Sprintf("%d-*", time.Now().Add(-ago).UnixMilli()), Values: []string{"data", "x"},
			}).Result()
			if err != nil {
				rt.Fatalf("XADD: %v", err)
			}
			ids = append(ids, id)
		}
		needed := map[string]bool{}
		for g := range rapid.IntRange(1, 3).Draw(rt, "groups") {
			group(t, b, fmt.Sprintf("g%d", g))
			read := 0
			if count := rapid.IntRange(0, len(ids)).Draw(rt, "read"); count > 0 {
				read = len(take(t, b, fmt.Sprintf("g%d", g), int64(count)))
			}
			for n, id := range ids {
				if n < read && rapid.Bool().Draw(rt, "done") {
					ack(t, b, fmt.Sprintf("g%d", g), id)
				} else {
					needed[id] = true
				}
			}
		}

		var want []string
		var lost int64
		for n, id := range ids {
			switch {
			case n < old && needed[id]:
				lost++
			case n >= old && (needed[id] || len(want) > 0):
				want = append(want, id)
			}
		}
		got, err := in.Trim(ctx, retention)
		if err != nil {
			rt.Fatalf("Trim: %v", err)
		}
		var left []string
		for _, m := range entries(t, b) {
			left = append(left, m.ID)
		}
		if !slices.Equal(left, want) || got.Needed != lost || got.Entries != int64(len(ids)-len(want)) {
			rt.Errorf("trimmed %+v of %d old, %d young, needed %v\nleft %v\nwant %v, %d lost", got, old, young, needed, left, want, lost)
		}
	})
}
