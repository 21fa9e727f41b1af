package slack

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Channel describes a conversation; a direct one has the name of whom it is with.
func (a *Adapter) Channel(ctx context.Context, id string) (platform.Channel, error) {
	if !placeForm.MatchString(id) {
		return platform.Channel{}, noChannel(id)
	}
	var said struct {
		Channel channel `json:"channel"`
	}
	if err := a.client.read(ctx, "conversations.info", params{"channel": id}, &said); err != nil {
		return platform.Channel{}, err
	}
	return a.asked(ctx, said.Channel), nil
}

func (a *Adapter) asked(ctx context.Context, c channel) platform.Channel {
	out := platform.Channel{ID: c.ID, Name: c.Name, IsDM: c.IsIM}
	if me := a.me.Load(); me != nil {
		out.GuildID = me.TeamID
	}
	if c.IsIM && c.User != "" {
		u, _ := a.names.user(ctx, c.User)
		out.Name = u.shown()
	}
	return out
}

// Channels lists the conversations that the bot is in.
func (a *Adapter) Channels(ctx context.Context) ([]platform.Channel, error) {
	var out []platform.Channel
	p := params{"types": "public_channel,private_channel,mpim,im", "exclude_archived": true, "limit": pageSize}
	for {
		var got struct {
			Channels []channel `json:"channels"`
			answer
		}
		if err := a.client.read(ctx, "users.conversations", p, &got); err != nil {
			return nil, err
		}
		for _, c := range got.Channels {
			out = append(out, a.asked(ctx, c))
		}
		if got.Metadata.Next == "" {
			return out, nil
		}
		p["cursor"] = got.Metadata.Next
	}
}

// User describes somebody in the workspace.
func (a *Adapter) User(ctx context.Context, id string) (platform.User, error) {
	if !userForm.MatchString(id) {
		return platform.User{}, noUser(id)
	}
	var said struct {
		User user `json:"user"`
	}
	if err := a.client.read(ctx, "users.info", params{"user": id}, &said); err != nil {
		return platform.User{}, about(err, "user_id")
	}
	return said.User.asked(), nil
}

// mostNamed is how many members of a channel are told by name: each takes a
// request, of a hundred a minute.
const mostNamed = 50

// Members lists who is in a channel.
func (a *Adapter) Members(ctx context.Context, id string) ([]platform.User, error) {
	if !placeForm.MatchString(id) {
		return nil, noChannel(id)
	}
	var out []platform.User
	p := params{"channel": id, "limit": pageSize}
	for {
		var got struct {
			Members []string `json:"members"`
			answer
		}
		if err := a.client.read(ctx, "conversations.members", p, &got); err != nil {
			return nil, err
		}
		for _, member := range got.Members {
			one := user{ID: member}
			if len(out) < mostNamed {
				if known, err := a.names.user(ctx, member); err == nil && known.ID != "" {
					one = known
				}
			}
			out = append(out, one.asked())
		}
		if got.Metadata.Next == "" {
			return out, nil
		}
		p["cursor"] = got.Metadata.Next
	}
}

// OpenDM returns the direct conversation with a user.
func (a *Adapter) OpenDM(ctx context.Context, userID string) (platform.Channel, error) {
	if !userForm.MatchString(userID) {
		return platform.Channel{}, noUser(userID)
	}
	var said struct {
		Channel channel `json:"channel"`
	}
	if err := a.client.read(ctx, "conversations.open", params{"users": userID}, &said); err != nil {
		return platform.Channel{}, about(err, "user_id")
	}
	said.Channel.IsIM, said.Channel.User = true, userID
	return a.asked(ctx, said.Channel), nil
}

// Call makes a call of the Web API that the config names.
func (a *Adapter) Call(ctx context.Context, method string, p map[string]any) (any, error) {
	if !slices.Contains(a.config.calls, method) {
		return nil, platform.Refused(envelope.CodeForbidden, "method", "the config does not name %.80q under calls", method)
	}
	if _, has := p["token"]; has {
		return nil, platform.Refused(envelope.CodeInvalid, "params", "the token is the platform's: leave it out")
	}
	var result json.RawMessage
	if err := a.client.read(ctx, method, p, &result); err != nil {
		return nil, err
	}
	var value any
	err := json.Unmarshal(result, &value)
	return value, err
}

func noUser(id string) error {
	return platform.Refused(envelope.CodeInvalid, "user_id", "%.80q is no user; expected an id such as U0123456789", id)
}

// about names the field that an error is for.
func about(err error, field string) error {
	failure := *platform.AsError(err)
	if failure.Code == envelope.CodeNotFound || failure.Code == envelope.CodeInvalid {
		failure.Field = field
	}
	return &failure
}
