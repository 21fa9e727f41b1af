package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
)

type tailCommand struct {
	What     []string `arg:"" optional:"" enum:"inbound,finished,dead" help:"inbound, finished, dead; default: all of them."`
	Platform []string `short:"p" placeholder:"NAME" help:"Only these platforms."`
	All      bool     `help:"Begin with what is there already, where it is kept (inbound, dead)."`
	JSON     bool     `name:"json" help:"Print JSON, one object a line: {feed, platform, value}."`
}

// line is one thing that happened.
type line struct {
	feed     string // inbound, finished or dead
	platform string
	text     string
	value    any
}

func (c *tailCommand) Run(a *app) error {
	cfg, b, err := a.connect()
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // nothing is left in it
	for _, name := range c.Platform {
		if err := known(cfg, name); err != nil {
			return err
		}
	}
	lines := make(chan line)
	group, ctx := errgroup.WithContext(a.ctx)
	c.follow(ctx, group, cfg, b.Client(), lines, newPatience(a.Stderr))
	group.Go(func() error {
		for {
			select {
			case l := <-lines:
				if err := c.print(a, l); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	err = group.Wait()
	if a.ctx.Err() != nil { // Ctrl-C is how a tail is ended
		return nil
	}
	return err
}

func (c *tailCommand) wants(feed string) bool {
	return len(c.What) == 0 || slices.Contains(c.What, feed)
}

func (c *tailCommand) follow(ctx context.Context, group *errgroup.Group, cfg *config.Config, client redis.UniversalClient, lines chan<- line, patience *patience) {
	names := cfg.Names()
	platforms := c.Platform
	if len(platforms) == 0 {
		platforms = platformNames(cfg)
	}
	from := "$"
	if c.All {
		from = "0"
	}
	if c.wants("inbound") {
		group.Go(func() error {
			return followStream(ctx, client, names.InboundStream, from, patience, func(m redis.XMessage) error {
				return give(ctx, lines, inboundLine(m), platforms)
			})
		})
	}
	for _, name := range platforms {
		stream := names.Outbound(name)
		if c.wants("dead") {
			group.Go(func() error {
				return followStream(ctx, client, envelope.Beside(stream, "dead"), from, patience, func(m redis.XMessage) error {
					return give(ctx, lines, deadLine(name, m), platforms)
				})
			})
		}
		if c.wants("finished") {
			group.Go(func() error {
				return followChannel(ctx, client, bus.FinishedChannel(stream), patience, func(payload string) error {
					for _, receipt := range bus.Receipts(payload) {
						if err := give(ctx, lines, finishedLine(name, receipt), platforms); err != nil {
							return err
						}
					}
					return nil
				})
			})
		}
	}
}

// give hands a line on to the printer, unless its platform is not asked for.
func give(ctx context.Context, lines chan<- line, l line, platforms []string) error {
	if !slices.Contains(platforms, l.platform) {
		return nil
	}
	select {
	case lines <- l:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// followStream hands on every entry after from, "$" being the newest now.
// Each stream has a read of its own: on a Cluster they lie in other slots.
func followStream(ctx context.Context, client redis.UniversalClient, stream, from string, patience *patience, take func(redis.XMessage) error) error {
	for ctx.Err() == nil {
		if from == "$" {
			newest, err := client.XRevRangeN(ctx, stream, "+", "-", 1).Result()
			if err != nil {
				patience.wait(ctx, err)
				continue
			}
			if from = "0"; len(newest) > 0 {
				from = newest[0].ID
			}
		}
		got, err := client.XRead(ctx, &redis.XReadArgs{Streams: []string{stream, from}, Count: 100, Block: time.Second}).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			patience.wait(ctx, err)
			continue
		}
		patience.over()
		for _, s := range got {
			for _, m := range s.Messages {
				if err := take(m); err != nil {
					return err
				}
				from = m.ID
			}
		}
	}
	return ctx.Err()
}

// followChannel hands on what is published. The client subscribes again by
// itself when its connection breaks.
func followChannel(ctx context.Context, client redis.UniversalClient, channel string, patience *patience, take func(string) error) error {
	sub := client.Subscribe(ctx, channel)
	defer sub.Close() //nolint:errcheck // nothing is left in it
	for ctx.Err() == nil {
		if _, err := sub.Receive(ctx); err == nil {
			break
		} else {
			patience.wait(ctx, err)
		}
	}
	for {
		select {
		case m, ok := <-sub.Channel():
			if !ok {
				return ctx.Err()
			}
			if err := take(m.Payload); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func field(m redis.XMessage, name string) string {
	v, _ := m.Values[name].(string)
	return v
}

func inboundLine(m redis.XMessage) line {
	event, err := envelope.DecodeEvent([]byte(field(m, "data")))
	if err != nil {
		return line{"inbound", "", fmt.Sprintf("%s cannot be read: %v", m.ID, err), map[string]string{"entry_id": m.ID, "error": err.Error()}}
	}
	where := event.ChannelID
	if event.ThreadID != "" {
		where += "/" + event.ThreadID
	}
	said := cmp.Or(event.Content, event.Emoji, event.Command, event.CustomID, event.State)
	return line{
		"inbound", event.Platform,
		fmt.Sprintf("%s in %s by %s: %s", event.Event, where, cmp.Or(event.DisplayName, event.Username, event.UserID, "-"), oneLine(said)), event,
	}
}

func deadLine(platform string, m redis.XMessage) line {
	r := record{
		ID: m.ID, Platform: platform, Entry: field(m, "original_msg_id"), MessageKey: field(m, "message_key"),
		Code: envelope.Code(field(m, "code")), Field: field(m, "field"), Error: field(m, "error"), Attempt: field(m, "attempt"),
		TS: field(m, "ts"), TraceID: field(m, "trace_id"), Cure: cure(envelope.Code(field(m, "code"))),
	}
	return line{"dead", platform, fmt.Sprintf("%s %s: %s%s\n  %s", r.ID, r.Code, r.Error, inField(r.Field, r.Error), r.Cure), r}
}

func finishedLine(platform, payload string) line {
	receipt, err := envelope.DecodeReceipt([]byte(payload))
	if err != nil {
		return line{"finished", platform, "cannot be read: " + err.Error(), map[string]string{"error": err.Error()}}
	}
	return line{"finished", platform, describeReceipt(receipt), json.RawMessage(payload)}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (c *tailCommand) print(a *app, l line) error {
	if c.JSON {
		return a.printJSON(map[string]any{"feed": l.feed, "platform": l.platform, "value": l.value})
	}
	_, err := fmt.Fprintf(a.Stdout, "%-8s %s  %s\n", l.feed, l.platform, l.text)
	return err
}
