package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// redisAway is how long a worker waits after Redis has failed it.
const redisAway = 50 * time.Millisecond

// repeatable reports whether saying a line twice says it once: it has a key,
// and does not depend on when it is said.
func (l *line) repeatable() bool {
	return l.op.Key != "" && l.raw == "" && l.delay == 0 && l.lasts == 0 &&
		(l.op.Type == envelope.TypeMessage || l.op.Type == envelope.TypeRPC) && l.op.OnConflict == ""
}

// say publishes one line until Redis has it for certain. A line without a key
// is said once, whatever becomes of its answer: again, it is another message.
func (c *Crowd) say(ctx context.Context, worker string, random *rand.Rand, l *line) error {
	keyless := l.op.Key == ""
	env, again := c.begin(l)
	if keyless && again {
		return nil
	}
	env.ReceiptTo, env.ReplyQueue = c.list(worker, l.op)
	data := []byte(l.raw)
	if l.raw == "" {
		var err error
		if data, err = envelope.Encode(env, encodings[random.IntN(2)]); err != nil {
			return fmt.Errorf("encode what %s says: %w", worker, err)
		}
	}
	if l.squat {
		if err := c.squat(ctx, l.op.Key); err != nil {
			return err
		}
	}
	for {
		said := history.Said{Worker: worker, At: time.Now(), Operation: l.op, After: c.latest(), List: cmp.Or(env.ReceiptTo, env.ReplyQueue)}
		id, err := c.config.Redis.XAdd(ctx, &redis.XAddArgs{
			Stream: c.config.Stream, Values: []any{"data", data, "ts", float64(said.At.UnixMilli()) / 1000},
		}).Result()
		if err == nil {
			said.Entry = id
		}
		maybe := err != nil && mayBeThere(err)
		if err == nil || maybe {
			c.note(said)
		}
		if err == nil || keyless && maybe {
			return ctx.Err()
		}
		if err := rest(ctx, redisAway); err != nil {
			return err
		}
	}
}

// squat puts somebody else's value where a key's claim is to be (docs/redis.md
// names it), and returns when it is there.
func (c *Crowd) squat(ctx context.Context, key string) error {
	at := envelope.Beside(c.config.Stream, "claim:"+key)
	for c.config.Redis.Set(ctx, at, "not a claim", 0).Err() != nil {
		if err := rest(ctx, redisAway); err != nil {
			return err
		}
	}
	return nil
}

var encodings = [...]envelope.Encoding{envelope.JSON, envelope.MessagePack}

// begin is the envelope of a line, with its times fixed when it is said first;
// again says that it was said before.
func (c *Crowd) begin(l *line) (env envelope.Outbound, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if again = c.spoken[l.op]; !again {
		c.spoken[l.op] = true
		if l.delay != 0 {
			l.op.NotBefore = now.Add(l.delay)
		}
		if l.lasts != 0 {
			l.op.ExpiresAt = now.Add(l.lasts)
		}
	}
	env = l.env
	env.NotBefore, env.ExpiresAt = unix(l.op.NotBefore), unix(l.op.ExpiresAt)
	return env, again
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// mayBeThere reports whether Redis may have taken what it did not confirm: it
// has not, if it answered otherwise or was never reached.
func mayBeThere(err error) bool {
	var answer redis.Error
	var route *net.OpError
	return !errors.As(err, &answer) && !errors.Is(err, redis.ErrPoolTimeout) &&
		(!errors.As(err, &route) || route.Op != "dial")
}

// latest is an id that stands in the stream by now.
func (c *Crowd) latest() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.newest
}

func (c *Crowd) note(s history.Said) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, s)
	if s.Entry != "" && history.Before(c.newest, s.Entry) {
		c.newest = s.Entry
	}
}

// A list holds at most 1,000 receipts: each is for a part of a worker's.
const perList = 300

// list names the lists that a receipt and a reply go to. A list outlives the
// process that asked for it, so a name is not used for two runs.
func (c *Crowd) list(worker string, op *history.Operation) (receipts, replies string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	prefix := c.config.Namespace + ":reply:"
	if c.config.InSlot || len(c.said)/perList%2 == 0 {
		prefix = envelope.Beside(c.config.Stream, "reply:")
	}
	name := fmt.Sprintf("%s%s-%d", prefix, worker, len(c.said)/perList)
	if op.Receipt {
		receipts = name
		c.lists[name] = true
	}
	if op.Reply {
		replies = name + "-calls"
		c.calls[replies] = true
	}
	return receipts, replies
}
