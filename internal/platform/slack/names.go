package slack

import (
	"context"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// names knows who and what an id is: events bear ids alone. What it asked for it
// keeps for a while, also that it could not be had; it never holds up an event
// for long.
type names struct {
	client *client
	mutex  sync.Mutex
	users  map[string]known[user]
	places map[string]known[channel]
}

// known is what was asked for, and until when it holds.
type known[T any] struct {
	value T
	until time.Time
}

const (
	nameKept    = time.Hour
	failureKept = time.Minute
	nameWithin  = time.Second // of an event's three
	mostNames   = 20_000
)

func newNames(c *client) *names {
	return &names{client: c, users: map[string]known[user]{}, places: map[string]known[channel]{}}
}

// user is somebody, as users.info tells.
type user struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	RealName string `json:"real_name"`
	IsBot    bool   `json:"is_bot"`
	Profile  struct {
		DisplayName string `json:"display_name"`
		RealName    string `json:"real_name"`
	} `json:"profile"`
}

// shown is the name that people see.
func (u user) shown() string {
	for _, name := range []string{u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name} {
		if name != "" {
			return name
		}
	}
	return ""
}

// channel is a conversation, as conversations.info tells.
type channel struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	IsIM     bool   `json:"is_im"`
	IsMember bool   `json:"is_member"`
	Archived bool   `json:"is_archived"`
	User     string `json:"user"` // of a direct one, whom it is with
}

func (n *names) user(ctx context.Context, id string) (user, error) {
	return look(ctx, n, n.users, id, func(ctx context.Context) (user, error) {
		var said struct {
			User user `json:"user"`
		}
		err := n.client.read(ctx, "users.info", params{"user": id}, &said)
		return said.User, err
	})
}

func (n *names) channel(ctx context.Context, id string) (channel, error) {
	return look(ctx, n, n.places, id, func(ctx context.Context) (channel, error) {
		var said struct {
			Channel channel `json:"channel"`
		}
		err := n.client.read(ctx, "conversations.info", params{"channel": id}, &said)
		return said.Channel, err
	})
}

// look takes from what is kept, or asks.
func look[T any](ctx context.Context, n *names, kept map[string]known[T], id string, ask func(context.Context) (T, error)) (T, error) {
	now := time.Now()
	n.mutex.Lock()
	k, ok := kept[id]
	n.mutex.Unlock()
	if ok && now.Before(k.until) {
		return k.value, nil
	}
	value, err := ask(ctx)
	if ctx.Err() != nil {
		return value, err
	}
	lasts := nameKept
	if err != nil {
		lasts = failureKept
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if len(kept) >= mostNames {
		clear(kept)
	}
	kept[id] = known[T]{value, now.Add(lasts)}
	return value, err
}

// naming tells names for an event, asking for those that are not known, as long
// as there is time.
func (n *names) naming(ctx context.Context) naming {
	deadline := time.Now().Add(nameWithin)
	return func(id string) string {
		limited, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		switch {
		case userForm.MatchString(id):
			u, _ := n.user(limited, id)
			return u.shown()
		case placeForm.MatchString(id):
			c, _ := n.channel(limited, id)
			return c.Name
		}
		return ""
	}
}

// fill writes names into an event.
func (n *names) fill(ctx context.Context, e *envelope.Event) {
	limited, cancel := context.WithTimeout(ctx, nameWithin)
	defer cancel()
	if userForm.MatchString(e.UserID) {
		u, _ := n.user(limited, e.UserID)
		if e.Username == "" {
			e.Username = u.Name
		}
		e.DisplayName, e.IsBot = u.shown(), e.IsBot || u.IsBot
	}
	if !e.IsDM && e.ChannelID != "" {
		c, _ := n.channel(limited, e.ChannelID)
		e.RoomName = c.Name
	}
}

// asked is somebody as the RPCs tell.
func (u user) asked() platform.User {
	return platform.User{ID: u.ID, Username: u.Name, DisplayName: u.shown(), IsBot: u.IsBot}
}
