package bus

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

// BenchmarkScripts tells what Redis itself spends on an entry in each script of
// an entry's life, in batches of 256: the least of many calls, by Redis' own
// slow log, so that a busy machine does not count.
func BenchmarkScripts(b *testing.B) {
	server := redistest.Start(b)
	bus, err := Open(Options{URL: server.URL()})
	if err != nil {
		b.Fatal(err)
	}
	defer bus.Close()
	ctx, client := b.Context(), bus.client
	s := bus.Stream(envelope.NewNames("postern"), "chat", "a")
	if _, err := s.EnsureGroup(ctx); err != nil {
		b.Fatal(err)
	}
	if l, err := s.Acquire(ctx, "t1", "n", time.Hour, "", -1); err != nil || !l.Ours {
		b.Fatal(l, err)
	}
	client.ConfigSet(ctx, "slowlog-log-slower-than", "0")
	client.ConfigSet(ctx, "slowlog-max-len", "16")
	least := map[string]int64{}
	timed := func(what string, call func() error) {
		b.Helper()
		if err := call(); err != nil {
			b.Fatal(what, err)
		}
		for _, l := range client.SlowLogGet(ctx, 16).Val() {
			if name := l.Args[0]; name == "evalsha" || name == "eval" {
				if was, ok := least[what]; !ok || l.Duration.Microseconds() < was {
					least[what] = l.Duration.Microseconds()
				}
				return
			}
		}
		b.Fatal("no script in the slow log")
	}
	const entries = 256
	text := fmt.Sprintf("%0200d", 1)
	intake := s.NewIntake("t1")
	intake.Begin()
	if _, err := intake.ClaimPending(ctx, "0-0", 0, 100); err != nil {
		b.Fatal(err)
	}
	number := int64(0)
	for range max(b.N, 50) {
		pipe := client.Pipeline()
		for range entries {
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: s.Name, Values: []any{"data", text}})
		}
		if _, err := pipe.Exec(ctx); err != nil {
			b.Fatal(err)
		}
		var got []Message
		timed("read", func() (err error) { got, err = intake.Read(ctx, entries); return err })
		var plain, send []ClaimRequest
		var marks []MarkRequest
		var ends []Settlement
		for i, m := range got {
			number++
			q := ClaimRequest{
				Key: s.MessageClaim(fmt.Sprintf("%036d", number)), Entry: m.ID.String(), Lane: fmt.Sprintf("10:channel-%d", i),
				Digest: "2:0123456789abcdef0123456789abcdef",
			}
			p := q
			p.Key = s.MessageClaim(fmt.Sprintf("plain%031d", number))
			q.Send = true
			plain, send = append(plain, p), append(send, q)
			marks = append(marks, MarkRequest{Key: p.Key, Entry: p.Entry, Step: 1, State: ClaimSending, Parts: 1, Attempts: 1})
			ends = append(ends, Settlement{
				Entry: q.Entry, Claim: q.Key, Fate: FateDone, Remember: 24 * time.Hour, Attempts: 1, ID: "abcdefghijklmnopqrstuvwx", Packed: true,
				Receipt: []byte(`{"message_key":"` + q.Key + `","entry_id":"` + q.Entry + `","status":"delivered","message_ids":["abcdefghijklmnopqrstuvwx"],"possible_duplicate":false,"attempts":1,"warnings":[],"at":1700000000.123}`),
			})
		}
		timed("claim", func() error { _, err := s.claimBatch(ctx, "t1", number, plain); return err })
		timed("mark", func() error { _, err := s.markBatch(ctx, "t1", marks); return err })
		timed("claim and mark", func() error { _, err := s.claimBatch(ctx, "t1", number, send); return err })
		timed("settle", func() error { _, err := s.settleBatch(ctx, "t1", time.Hour, ends); return err })
	}
	names := []string{}
	for what := range least {
		names = append(names, what)
	}
	slices.Sort(names)
	for _, what := range names {
		b.Logf("%-15s %5.2f µs an entry", what, float64(least[what])/entries)
	}
}
