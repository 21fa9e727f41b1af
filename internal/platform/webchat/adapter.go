package webchat

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// Adapter is one chat. It is open on every node: each serves its own sockets,
// and all share the rooms.
type Adapter struct {
	config config
	parser *render.Parser
	pages  *pages
	timing timing
	hub    atomic.Pointer[hub] // nil unless open
}

var (
	_ platform.Adapter       = (*Adapter)(nil)
	_ platform.PageHandler   = (*Adapter)(nil)
	_ platform.ChannelReader = (*Adapter)(nil)
	_ platform.ChannelLister = (*Adapter)(nil)
	_ platform.HistoryReader = (*Adapter)(nil)
	_ platform.MessageReader = (*Adapter)(nil)
)

// New checks the settings and builds an adapter.
func New(s platform.Settings) (*Adapter, error) {
	c, err := readConfig(s)
	if err != nil {
		return nil, err
	}
	pages, err := newPages(c)
	if err != nil {
		return nil, err
	}
	return &Adapter{config: c, parser: render.NewParser(), pages: pages, timing: defaultTiming()}, nil
}

// Identity is the bot, as people see it.
func (a *Adapter) Identity() platform.Identity {
	return platform.Identity{Platform: a.config.name, UserID: botID, DisplayName: a.config.botName, Mention: "@" + a.config.botName}
}

// Capabilities says what is honoured; see limits.go.
func (a *Adapter) Capabilities() platform.Capabilities { return capabilities() }

// Open watches the rooms. It is ready as soon as that has begun.
func (a *Adapter) Open(ctx context.Context, host platform.Host) error {
	h, err := openHub(ctx, host, a.config, a.parser, a.timing)
	if err != nil {
		return fmt.Errorf("open web chat %s: %w", a.config.name, err)
	}
	a.hub.Store(h)
	host.State(platform.StateReady, "")
	return nil
}

// Close sends every page away, to connect to another node, and waits for the
// sockets to be closed.
func (a *Adapter) Close(context.Context) error {
	if h := a.hub.Swap(nil); h != nil {
		h.close()
	}
	return nil
}

// Channel describes a room. Every room that can have a name is there.
func (a *Adapter) Channel(_ context.Context, id string) (platform.Channel, error) {
	if err := checkPlace(id); err != nil {
		return platform.Channel{}, platform.Refused(envelope.CodeNotFound, "channel_id", "web chat has no room of this name: %v", err)
	}
	return platform.Channel{ID: id, Name: roomName(id), IsDM: isDM(id)}, nil
}

// Channels lists the room at the chat's own address, and those that somebody
// is in on this node.
func (a *Adapter) Channels(ctx context.Context) ([]platform.Channel, error) {
	ids := []string{a.config.channel}
	if h := a.hub.Load(); h != nil {
		ids = h.roomsWith(a.config.channel)
	}
	channels := make([]platform.Channel, 0, len(ids))
	for _, id := range ids {
		c, err := a.Channel(ctx, id)
		if err != nil {
			return nil, err
		}
		channels = append(channels, c)
	}
	return channels, nil
}
