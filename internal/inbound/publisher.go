// Package inbound is the way in: what an adapter publishes is held against the
// rules of who may talk, filled in, and recorded once on the inbound stream;
// and the stream is kept as long as its groups need it.
package inbound

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// Stream is the inbound stream, as a publisher needs it: *bus.Inbound.
type Stream interface {
	Publish(ctx context.Context, a bus.Arrival) (published bool, err error)
	Cursor(ctx context.Context, platform string) (string, error)
	Epoch(ctx context.Context, platform string) (int64, error)
}

// Config is what a Publisher is made of. All but Count and Log is required.
type Config struct {
	Platform string
	Stream   Stream
	Names    envelope.Names
	Encoding envelope.Encoding
	Rules    Rules
	Remember time.Duration // the dedupe window
	Now      func() time.Time

	// Count is told what became of each event, from any goroutine.
	Count func(Outcome)

	// Log is told, at debug, whom the rules refused.
	Log *slog.Logger
}

// Publisher is one platform's way in: the part of its platform.Host that
// reaches Redis. It is safe for concurrent use.
type Publisher struct {
	config Config
	epoch  int64
}

// NewPublisher makes a publisher.
func NewPublisher(c Config) *Publisher {
	if c.Count == nil {
		c.Count = func(Outcome) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Publisher{config: c}
}

// Under returns the publisher of a connection that was opened with a lease of
// that epoch: once a later one has published, what this one brings is refused.
// 0, as a new publisher has it, is a way that every node may bring events by.
func (p *Publisher) Under(epoch int64) *Publisher { return &Publisher{config: p.config, epoch: epoch} }

// Epoch is the highest one that the platform's events came under.
func (p *Publisher) Epoch(ctx context.Context) (int64, error) {
	return p.config.Stream.Epoch(ctx, p.config.Platform)
}

// Publish records an event once, and the cursor with it. nil means that the
// platform may be told "received": the event is in the stream, was there
// before, or is refused by the rules, which is counted and moves the cursor
// all the same. After an error the platform must not be told; bus.ErrStale is
// the one that will not go away by trying again.
//
// If the process dies before the answer, the platform brings the event again
// and it is found published.
func (p *Publisher) Publish(ctx context.Context, e envelope.Event, cursor string) error {
	c := p.config
	if e.Event == "" && cursor != "" {
		return p.move(ctx, cursor)
	}
	if e.EventID == "" {
		c.Count(Failed)
		return errors.New("publish: the event has no event_id, so it could not be told from its own repetition")
	}
	verdict := c.Rules.judge(&e)
	if verdict != Published {
		c.Log.DebugContext(ctx, "an event is refused by the platform's rules",
			"platform", c.Platform, "reason", string(verdict), "user_id", e.UserID)
		if cursor == "" {
			c.Count(verdict)
			return nil
		}
	}
	a := bus.Arrival{Platform: c.Platform, EventID: e.EventID, Cursor: cursor, Epoch: p.epoch, Remember: c.Remember}
	if verdict == Published {
		if err := p.write(&a, e); err != nil {
			c.Count(Failed)
			return err
		}
	}
	published, err := c.Stream.Publish(ctx, a)
	switch {
	case err != nil:
		verdict = Failed
		err = fmt.Errorf("publish event %q of %s: %w", e.EventID, c.Platform, err)
	case verdict == Published && !published:
		verdict = Duplicate
	}
	c.Count(verdict)
	return err
}

// Takes reports whether the rules let an event in, as Publish will find.
func (p *Publisher) Takes(e envelope.Event) bool { return p.config.Rules.judge(&e) == Published }

// move records a cursor alone.
func (p *Publisher) move(ctx context.Context, cursor string) error {
	_, err := p.config.Stream.Publish(ctx, bus.Arrival{
		Platform: p.config.Platform, Cursor: cursor, Epoch: p.epoch, Remember: p.config.Remember,
	})
	if err != nil {
		return fmt.Errorf("record a cursor of %s: %w", p.config.Platform, err)
	}
	return nil
}

// write fills in what the gateway knows and encodes the event into a.
func (p *Publisher) write(a *bus.Arrival, e envelope.Event) error {
	c := p.config
	a.At, a.TraceID = c.Now(), ulid.Make().String()
	e.Platform = c.Platform
	e.Address = envelope.Address{Platform: c.Platform, ChannelID: e.ChannelID, ThreadID: e.ThreadID}
	e.OutboundStream = c.Names.Outbound(c.Platform)
	e.ChannelKey = c.Platform + ":" + e.ChannelID
	e.EnqueuedAt = float64(a.At.UnixMilli()) / 1000
	e.TraceID = a.TraceID
	if e.Timestamp == 0 {
		e.Timestamp = e.EnqueuedAt // the platform did not say
	}
	data, err := envelope.Encode(e, c.Encoding)
	if err != nil {
		return fmt.Errorf("publish event %q of %s: %w", e.EventID, c.Platform, err)
	}
	a.Data = data
	return nil
}

// Cursor returns what the last Publish recorded for the platform, or "".
func (p *Publisher) Cursor(ctx context.Context) (string, error) {
	return p.config.Stream.Cursor(ctx, p.config.Platform)
}
