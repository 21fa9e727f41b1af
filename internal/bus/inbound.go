package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// ErrStale says that an event came by a connection whose epoch is over:
// another node holds the platform now. Nothing was changed, so the platform
// must not be told "received": the new connection gets the event.
var ErrStale = errors.New("stale: a newer connection of this platform has published")

// Inbound is the inbound stream I, which all platforms share, with what is
// kept beside it.
type Inbound struct {
	bus       *Bus
	name      string
	group     string
	publishes *gatherer[publishing, publication]
}

// Inbound returns the inbound stream.
func (b *Bus) Inbound(names envelope.Names) *Inbound {
	i := &Inbound{bus: b, name: names.InboundStream, group: names.WorkerGroup}
	i.publishes = newGatherer(i.publishBatch, publishing.bytes)
	return i
}

// Arrival is one event to publish.
type Arrival struct {
	Platform string
	EventID  string        // what it is known by; one that comes again is not published again
	Data     []byte        // the envelope; nil = there is nothing to publish, only a cursor to move
	At       time.Time     // the entry's ts, written as whole seconds
	TraceID  string        // the entry's trace_id
	Cursor   string        // "" = leave it
	Epoch    int64         // of the connection; 0 = any may bring it, as to a stand-by's hook
	Remember time.Duration // for how long the event is known
}

// Publish adds the event to the stream unless it is known, and moves the
// platform's cursor, in one step. After any error but ErrStale it may have
// happened; the same call again is safe and tells.
func (i *Inbound) Publish(ctx context.Context, a Arrival) (published bool, err error) {
	epoch := ""
	if a.Epoch != 0 {
		epoch = strconv.FormatInt(a.Epoch, 10)
	}
	args := []any{epoch, a.Cursor, a.Remember.Milliseconds(), 0}
	if a.Data != nil {
		args[3] = 6
		args = append(args, "data", a.Data, "ts", a.At.Unix(), "trace_id", a.TraceID)
	}
	keys := []string{i.seenKey(a.Platform, a.EventID), i.cursorKey(a.Platform), i.epochKey(a.Platform)}
	p, err := i.publishes.do(ctx, publishing{keys, args, len(a.Data)})
	if err == nil && p.stale {
		err = ErrStale
	}
	return p.published, err
}

// Epoch returns the highest epoch that a platform's events came under, or 0 where
// none is kept, or no number.
func (i *Inbound) Epoch(ctx context.Context, platform string) (int64, error) {
	kept, err := i.bus.client.Get(ctx, i.epochKey(platform)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return 0, fmt.Errorf("read the epoch of %s: %w", platform, err)
	}
	epoch, _ := strconv.ParseInt(kept, 10, 64)
	return max(0, epoch), nil
}

// Cursor returns what the last Publish of a platform left, or "".
func (i *Inbound) Cursor(ctx context.Context, platform string) (string, error) {
	v, err := i.bus.client.Get(ctx, i.cursorKey(platform)).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the cursor of %s: %w", platform, err)
	}
	return v, nil
}

// EnsureGroup makes the workers' group, and the stream with it, at 0. One that
// stands already is left alone.
func (i *Inbound) EnsureGroup(ctx context.Context) (made bool, err error) {
	return i.bus.ensureGroup(ctx, i.name, i.group)
}

// Trimmed is what a Trim removed.
type Trimmed struct {
	Entries int64 // in all
	Needed  int64 // of them, too old although a group still needed them: lost to it
}

// Trim removes what no group needs any more, and what is older than retention
// even so. Any node may do it at any time.
func (i *Inbound) Trim(ctx context.Context, retention time.Duration) (Trimmed, error) {
	v, err := i.bus.run(ctx, "trim", []string{i.name}, retention.Milliseconds())
	if err != nil {
		return Trimmed{}, err
	}
	r := newReply(v)
	t := Trimmed{Entries: r.int(), Needed: r.int()}
	return t, r.err("trim")
}

func (i *Inbound) cursorKey(platform string) string {
	return envelope.Beside(i.name, "cursor:"+platform)
}

func (i *Inbound) epochKey(platform string) string { return envelope.Beside(i.name, "epoch:"+platform) }

// maxSeenID bounds the ids that keys are named by. A hash is longer than
// that, so no short id can be taken for one.
const maxSeenID = 64

func (i *Inbound) seenKey(platform, eventID string) string {
	if len(eventID) > maxSeenID {
		sum := sha256.Sum256([]byte(eventID))
		eventID = "sha256:" + hex.EncodeToString(sum[:])
	}
	return envelope.Beside(i.name, "seen:"+platform+":"+eventID)
}
