package discord

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Channel describes a channel or a thread.
func (a *Adapter) Channel(ctx context.Context, id string) (platform.Channel, error) {
	if !idForm.MatchString(id) {
		return platform.Channel{}, noID(id, "channel_id")
	}
	var c channel
	if err := a.client.read(ctx, http.MethodGet, "/channels/"+id, nil, &c); err != nil {
		return platform.Channel{}, err
	}
	return described(&c), nil
}

func described(c *channel) platform.Channel {
	name := c.Name
	if name == "" {
		var names []string
		for i := range c.Recipients {
			names = append(names, c.Recipients[i].name())
		}
		name = strings.Join(names, ", ")
	}
	return platform.Channel{ID: c.ID, Name: name, GuildID: c.GuildID, IsDM: c.isDM()}
}

const (
	guildsAPage  = 200
	membersAPage = 1000
	membersMost  = 10_000
)

// guilds lists the servers that we are in, with what we may do there.
func (a *Adapter) guilds(ctx context.Context) ([]membership, error) {
	var all []membership
	after := "0"
	for {
		var page []membership
		if err := a.client.ask(ctx, call{method: http.MethodGet, path: "/users/@me/guilds", query: url.Values{"limit": {strconv.Itoa(guildsAPage)}, "after": {after}}}, &page); err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < guildsAPage {
			return all, nil
		}
		after = page[len(page)-1].ID
	}
}

// membership is a server that we are in.
type membership struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Permissions string `json:"permissions"`
}

// Channels lists the channels of all servers that we are in and what threads
// are active there. Direct conversations are not told of.
func (a *Adapter) Channels(ctx context.Context) ([]platform.Channel, error) {
	guilds, err := a.guilds(ctx)
	if err != nil {
		return nil, err
	}
	out := []platform.Channel{}
	for _, g := range guilds {
		var channels []channel
		if err := a.client.read(ctx, http.MethodGet, "/guilds/"+g.ID+"/channels", nil, &channels); err != nil {
			return nil, err
		}
		var active struct {
			Threads []channel `json:"threads"`
		}
		if err := a.client.read(ctx, http.MethodGet, "/guilds/"+g.ID+"/threads/active", nil, &active); err != nil {
			return nil, err
		}
		for _, c := range append(channels, active.Threads...) {
			if c.Type != channelCategory {
				c.GuildID = g.ID
				out = append(out, described(&c))
			}
		}
	}
	return out, nil
}

// User describes anybody on Discord.
func (a *Adapter) User(ctx context.Context, id string) (platform.User, error) {
	if !idForm.MatchString(id) {
		return platform.User{}, noID(id, "user_id")
	}
	var u user
	if err := a.client.read(ctx, http.MethodGet, "/users/"+id, nil, &u); err != nil {
		return platform.User{}, err
	}
	return told(&u, ""), nil
}

func told(u *user, nick string) platform.User {
	name := u.name()
	if nick != "" {
		name = nick
	}
	return platform.User{ID: u.ID, Username: u.Username, DisplayName: name, IsBot: u.Bot}
}

// Members lists who is in a direct conversation or a thread, and of another
// channel, the members of its server, at most 10,000.
func (a *Adapter) Members(ctx context.Context, id string) ([]platform.User, error) {
	if !idForm.MatchString(id) {
		return nil, noID(id, "channel_id")
	}
	var c channel
	if err := a.client.read(ctx, http.MethodGet, "/channels/"+id, nil, &c); err != nil {
		return nil, err
	}
	users := []platform.User{}
	switch {
	case c.isDM():
		for i := range c.Recipients {
			users = append(users, told(&c.Recipients[i], ""))
		}
		if me := a.me.Load(); me != nil {
			users = append(users, told(&me.user, ""))
		}
		return users, nil
	case c.isThread():
		return users, a.membersOf(ctx, "/channels/"+id+"/thread-members", url.Values{"with_member": {"true"}}, func(raw json.RawMessage) (string, error) {
			var m struct {
				ID     string `json:"user_id"`
				Member member `json:"member"`
			}
			if err := json.Unmarshal(raw, &m); err != nil {
				return "", err
			}
			if m.Member.User == nil {
				m.Member.User = &user{ID: m.ID}
			}
			users = append(users, told(m.Member.User, m.Member.Nick))
			return m.ID, nil
		})
	}
	err := a.membersOf(ctx, "/guilds/"+c.GuildID+"/members", url.Values{}, func(raw json.RawMessage) (string, error) {
		var m member
		if err := json.Unmarshal(raw, &m); err != nil || m.User == nil {
			return "", err
		}
		users = append(users, told(m.User, m.Nick))
		return m.User.ID, nil
	})
	return users, err
}

// membersOf hands on the pages of a list, until its end or the most.
func (a *Adapter) membersOf(ctx context.Context, path string, query url.Values, each func(json.RawMessage) (id string, err error)) error {
	query.Set("limit", strconv.Itoa(membersAPage))
	for n := 0; n < membersMost; {
		var page []json.RawMessage
		if err := a.client.ask(ctx, call{method: http.MethodGet, path: path, query: query}, &page); err != nil {
			return err
		}
		for _, raw := range page {
			id, err := each(raw)
			if err != nil {
				return &platform.Error{Code: envelope.CodeInternal, Message: "a member cannot be read", Cause: err}
			}
			query.Set("after", id)
		}
		if n += len(page); len(page) < membersAPage {
			return nil
		}
	}
	return nil
}

// OpenDM opens the direct conversation with a user.
func (a *Adapter) OpenDM(ctx context.Context, userID string) (platform.Channel, error) {
	if !idForm.MatchString(userID) {
		return platform.Channel{}, noID(userID, "user_id")
	}
	var c channel
	if err := a.client.read(ctx, http.MethodPost, "/users/@me/channels", fields{"recipient_id": userID}, &c); err != nil {
		return platform.Channel{}, err
	}
	return described(&c), nil
}

// Call makes a request that the config names, such as GET
// /channels/{channel}/pins. What stands in braces comes from the parameters;
// the others are its query, or the body of what is no GET or DELETE.
func (a *Adapter) Call(ctx context.Context, method string, p map[string]any) (any, error) {
	if !slices.Contains(a.config.calls, method) {
		return nil, platform.Refused(envelope.CodeForbidden, "method", "the config does not name %.80q under calls", method)
	}
	verb, path, _ := strings.Cut(method, " ")
	c := call{method: verb}
	rest := fields{}
	for name, value := range p {
		if !strings.Contains(path, "{"+name+"}") {
			rest[name] = value
			continue
		}
		word := text(value)
		if word == "" || word == "." || word == ".." { // it would lead to another path than the config names
			return nil, platform.Refused(envelope.CodeInvalid, "params", "its %.80s is %q; expected an id or a name", name, word)
		}
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(word))
	}
	if strings.ContainsAny(path, "{}") {
		return nil, platform.Refused(envelope.CodeInvalid, "params", "the path %s wants what is in its braces as parameters", path)
	}
	c.path = path
	if verb == http.MethodGet || verb == http.MethodDelete {
		c.query = url.Values{}
		for name, value := range rest {
			c.query.Set(name, text(value))
		}
	} else {
		c.body = rest
	}
	var result any
	err := a.client.ask(ctx, c, &result)
	return result, err
}

// text is a parameter as it stands in an address.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, _ := json.Marshal(v)
	return string(raw)
}

func noID(id, field string) error {
	return platform.Refused(envelope.CodeInvalid, field, "%.80q is no id; expected a number (Developer Mode, Copy ID)", id)
}
