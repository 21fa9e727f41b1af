package slack

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// The kinds of what Slack brings, by Socket Mode's names.
const (
	takesEvent   = "events_api"
	takesSlash   = "slash_commands"
	takesPayload = "interactive"
)

// take publishes what Slack brings. What cannot be read is told of and passed
// over: it would be the same the next time.
func (a *Adapter) take(ctx context.Context, host platform.Host, kind string, body json.RawMessage) error {
	var err error
	switch kind {
	case takesEvent:
		var c callback
		if err = json.Unmarshal(body, &c); err == nil {
			return a.takeEvent(ctx, host, &c)
		}
	case takesSlash:
		var s slash
		if err = json.Unmarshal(body, &s); err == nil {
			e, i := decodeSlash(&s)
			return a.takeInteraction(ctx, host, []envelope.Event{e}, i)
		}
	case takesPayload:
		var p payload
		if err = json.Unmarshal(body, &p); err == nil {
			events, i := decodePayload(&p, a.names.naming(ctx))
			return a.takeInteraction(ctx, host, events, i)
		}
	default:
		return nil // of a kind to come
	}
	host.Log().Error("something that Slack brought cannot be read and is passed over", "kind", kind, "error", err)
	return nil
}

func (a *Adapter) takeEvent(ctx context.Context, host platform.Host, c *callback) error {
	e, files, err := decode(c, a.me.Load(), a.names.naming(ctx))
	if err != nil {
		host.Log().Error("an event cannot be read and is passed over", "event", c.EventID, "error", err)
		return nil
	}
	if e == nil {
		return nil
	}
	a.names.fill(ctx, e)
	if len(files) == 0 || !host.Takes(*e) { // what nobody wants is not fetched
		return publish(ctx, host, e)
	}
	return a.withFiles(ctx, host, e, files)
}

func publish(ctx context.Context, host platform.Host, e *envelope.Event) error {
	if err := host.Publish(ctx, *e, ""); err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	return nil
}

// takeInteraction publishes what somebody did, with what to answer it by. What
// was done outside of any channel, such as a global shortcut, is answered in the
// direct conversation with whoever did it.
func (a *Adapter) takeInteraction(ctx context.Context, host platform.Host, events []envelope.Event, i interaction) error {
	now := host.Now()
	id := sealUp(a.box.Load(), i, now)
	for _, e := range events {
		if e.ChannelID == "" && e.UserID != "" {
			limited, cancel := context.WithTimeout(ctx, nameWithin)
			if dm, err := a.OpenDM(limited, e.UserID); err == nil {
				e.ChannelID, e.IsDM = dm.ID, true
			}
			cancel()
		}
		e.InteractionID = id
		if e.Timestamp == 0 {
			e.Timestamp = float64(now.UnixMilli()) / 1000
		}
		a.names.fill(ctx, &e)
		if err := publish(ctx, host, &e); err != nil {
			return err
		}
	}
	return nil
}

// channelOf is the conversation that something happened in, whose events are
// taken in the order they came in.
func channelOf(body json.RawMessage) string {
	var of struct {
		ChannelID string `json:"channel_id"`
		Channel   struct {
			ID string `json:"id"`
		} `json:"channel"`
		Event struct {
			Channel string `json:"channel"`
			Item    struct {
				Channel string `json:"channel"`
			} `json:"item"`
		} `json:"event"`
	}
	_ = json.Unmarshal(body, &of) // a channel that is an object is none of these
	for _, id := range []string{of.ChannelID, of.Channel.ID, of.Event.Channel, of.Event.Item.Channel} {
		if id != "" {
			return id
		}
	}
	return ""
}
