package bench

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// Load is what is published: messages of a size over so many lanes, each with a
// message_key.
type Load struct {
	Messages int
	Lanes    int
	Bytes    int // of one envelope, encoded; a short one is as long as it must be
	Encoding envelope.Encoding

	Channels string // what their names begin with; "" = channel
	Receipts string // the list where each is told of; "" = none
}

// Envelope is the nth of a load. Its text begins with the time it is made for,
// so that whoever gets it knows how long it took.
func (l Load) Envelope(n int, at time.Time) []byte {
	o := l.message(n, at)
	data, err := envelope.Encode(o, l.Encoding)
	if err != nil {
		panic(err) // it is ours, and plain
	}
	if short := l.Bytes - len(data); short > 0 {
		o.Text += strings.Repeat("x", short)
		if data, err = envelope.Encode(o, l.Encoding); err != nil {
			panic(err)
		}
	}
	return data
}

func (l Load) message(n int, at time.Time) envelope.Outbound {
	return envelope.Outbound{
		Type: envelope.TypeMessage, ChannelID: fmt.Sprintf("%s-%d", cmp.Or(l.Channels, "channel"), n%max(1, l.Lanes)), ReceiptTo: l.Receipts,
		MessageKey: fmt.Sprintf("%016x-0000-4000-%010x", at.UnixNano(), n), Text: Stamp(at),
	}
}

// Publish adds a load to a stream, in Redis' pipelines.
func (l Load) Publish(ctx context.Context, client redis.UniversalClient, stream string) error {
	const batch = 1000
	for from := 0; from < l.Messages; from += batch {
		pipe := client.Pipeline()
		for n := from; n < min(l.Messages, from+batch); n++ {
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: stream, Values: []any{"data", l.Envelope(n, time.Now())}})
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}

// Stamp writes a time into a text so that Stamped finds it.
func Stamp(at time.Time) string { return fmt.Sprintf("@%020d ", at.UnixNano()) }

// Stamped is the time that a text, or anything that holds it, was made for.
func Stamped(text []byte) (at time.Time, ok bool) {
	for i, c := range text {
		if c != '@' || len(text) < i+21 {
			continue
		}
		n := int64(0)
		for _, d := range text[i+1 : i+21] {
			if d < '0' || d > '9' {
				return at, false
			}
			n = n*10 + int64(d-'0')
		}
		return time.Unix(0, n), true
	}
	return at, false
}
