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

func TestTrim(t *testing.T) {
	t.Parallel()
	const retention = time.Hour
	for _, c := range []struct {
		name string
		make func(t *testing.T, b *Bus)
		want Trimmed
		left int
	}{
		{"no stream", func(*testing.T, *Bus) {}, Trimmed{}, 0},
		{"an empty stream", func(t *testing.T, b *Bus) { group(t, b, "g") }, Trimmed{}, 0},
		{"nothing read", func(t *testing.T, b *Bus) {
			group(t, b, "g")
			add(t, b, time.Minute)
			add(t, b, 0)
		}, Trimmed{}, 2},
		{"all done", func(t *testing.T, b *Bus) {
			group(t, b, "g")
			add(t, b, time.Minute)
			add(t, b, 0)
			ack(t, b, "g", take(t, b, "g", 9)...)
		}, Trimmed{Entries: 2}, 0},
		{"up to the oldest pending one", func(t *testing.T, b *Bus) {
			group(t, b, "g")
			for range 5 {
				add(t, b, time.Minute)
			}
			ids := take(t, b, "g", 4)
			ack(t, b, "g", ids[0], ids[1], ids[3])
		}, Trimmed{Entries: 2}, 3},
		{"up to what the slowest group got", func(t *testing.T, b *Bus) {
			group(t, b, "g")
			group(t, b, "slow")
			for range 5 {
				add(t, b, time.Minute)
			}
			ack(t, b, "g", take(t, b, "g", 9)...)
			ack(t, b, "slow", take(t, b, "slow", 2)...)
		}, Trimmed{Entries: 2}, 3},
		{"no group, only retention", func(t *testing.T, b *Bus) {
			add(t, b, 2*retention)
			add(t, b, 0)
		}, Trimmed{Entries: 1}, 1},
		{"too old and never read", func(t *testing.T, b *Bus) {
			group(t, b, "g")
			add(t, b, 3*retention)
			add(t, b, 2*retention)
			add(t, b, 0)
		}, Trimmed{Entries: 2, Needed: 2}, 1},
		{"too old, one of them still pending in two groups, the others done", func(t *testing.T, b *Bus) {
			group(t, b, "g")
			group(t, b, "h")
			for range 4 {
				add(t, b, 2*retention)
			}
			add(t, b, 0)
			for _, g := range []string{"g", "h"} {
				ids := take(t, b, g, 4)
				ack(t, b, g, ids[0], ids[2], ids[3])
			}
		}, Trimmed{Entries: 4, Needed: 1}, 1},
		{"too old, pending and unread", func(t *testing.T, b *Bus) {
			group(t, b, "g")
			for range 4 {
				add(t, b, 2*retention)
			}
			add(t, b, 0)
			ack(t, b, "g", take(t, b, "g", 2)[1])
		}, Trimmed{Entries: 4, Needed: 3}, 1},
		{"too old but done by all", func(t *testing.T, b *Bus) {
			group(t, b, "g")
			add(t, b, 2*retention)
			add(t, b, 0)
			ack(t, b, "g", take(t, b, "g", 1)...)
		}, Trimmed{Entries: 1}, 1},
		{"what is gone but pending holds nothing", func(t *testing.T, b *Bus) {
			group(t, b, "g")
			gone := add(t, b, 2*retention)
			for range 3 {
				add(t, b, time.Minute)
			}
			ids := take(t, b, "g", 3)
			ack(t, b, "g", ids[1], ids[2])
			if err := b.Client().XDel(t.Context(), inboundStream, gone).Err(); err != nil {
				t.Fatalf("XDEL: %v", err)
			}
		}, Trimmed{Entries: 2}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, b *Bus, in *Inbound) {
				c.make(t, b)
				got, err := in.Trim(t.Context(), retention)
				if err != nil || got != c.want {
					t.Errorf("trimmed %+v, %v; want %+v", got, err, c.want)
				}
				if n := len(entries(t, b)); n != c.left {
					t.Errorf("%d entries are left; want %d", n, c.left)
				}
				if again, err := in.Trim(t.Context(), retention); err != nil || again != (Trimmed{}) {
					t.Errorf("sent again, it trimmed %+v, %v; want nothing more", again, err)
				}
			})
		})
	}
}

// TestTrimCountsPages: more pending ids than one page of XPENDING holds.
func TestTrimCountsPages(t *testing.T) {
	t.Parallel()
	const many = 2500
	onBoth(t, func(t *testing.T, b *Bus, in *Inbound) {
		group(t, b, "g")
		pipe := b.Client().Pipeline()
		for n := range many {
			pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: inboundStream, ID: fmt.Sprintf("1000-%d", n+1), Values: []string{"data", "x"}})
		}
		if _, err := pipe.Exec(t.Context()); err != nil {
			t.Fatalf("XADD: %v", err)
		}
		take(t, b, "g", many)
		want := Trimmed{Entries: many, Needed: many}
		if got, err := in.Trim(t.Context(), time.Hour); err != nil || got != want {
			t.Errorf("trimmed %+v, %v; want %+v", got, err, want)
		}
	})
}
