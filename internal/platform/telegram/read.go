package telegram

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Channel describes a chat.
func (a *Adapter) Channel(ctx context.Context, id string) (platform.Channel, error) {
	c, err := a.chat(ctx, id, "channel_id")
	if err != nil {
		return platform.Channel{}, err
	}
	name := c.Title
	if c.isDM() {
		name = (&user{FirstName: c.FirstName, LastName: c.LastName}).name()
	}
	return platform.Channel{ID: number(c.ID), Name: name, IsDM: c.isDM()}, nil
}

// User describes somebody who has talked to the bot: Telegram tells of nobody
// else.
func (a *Adapter) User(ctx context.Context, id string) (platform.User, error) {
	c, err := a.chat(ctx, id, "user_id")
	if err != nil {
		return platform.User{}, err
	}
	if !c.isDM() {
		return platform.User{}, platform.Refused(envelope.CodeNotFound, "user_id", "%s is a chat and no user", id)
	}
	return platform.User{ID: number(c.ID), Username: c.Username, DisplayName: (&user{FirstName: c.FirstName, LastName: c.LastName}).name()}, nil
}

// OpenDM returns the direct conversation with a user, whose id is the user's.
// Only who has written to the bot before can be written to.
func (a *Adapter) OpenDM(ctx context.Context, userID string) (platform.Channel, error) {
	return a.Channel(ctx, userID)
}

// Members lists the administrators of a chat. Telegram tells of no others.
func (a *Adapter) Members(ctx context.Context, id string) ([]platform.User, error) {
	if !chatForm.MatchString(id) {
		return nil, noChat(id, "channel_id")
	}
	var found []struct {
		User user `json:"user"`
	}
	if err := a.client.read(ctx, "getChatAdministrators", params{"chat_id": chatID(id)}, &found); err != nil {
		return nil, err
	}
	users := make([]platform.User, len(found))
	for i, f := range found {
		users[i] = platform.User{ID: number(f.User.ID), Username: f.User.Username, DisplayName: f.User.name(), IsBot: f.User.IsBot}
	}
	return users, nil
}

// Call makes a call of the Bot API that the config names.
func (a *Adapter) Call(ctx context.Context, method string, p map[string]any) (any, error) {
	if !slices.Contains(a.config.calls, method) {
		return nil, platform.Refused(envelope.CodeForbidden, "call", "the config does not name %.80q under calls", method)
	}
	var result json.RawMessage
	if err := a.client.read(ctx, method, p, &result); err != nil {
		return nil, err
	}
	var value any
	err := json.Unmarshal(result, &value)
	return value, err
}

func (a *Adapter) chat(ctx context.Context, id, field string) (*chat, error) {
	if !chatForm.MatchString(id) {
		return nil, noChat(id, field)
	}
	var c chat
	if err := a.client.read(ctx, "getChat", params{"chat_id": chatID(id)}, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

func noChat(id, field string) error {
	return platform.Refused(envelope.CodeInvalid, field, "%.80q is no id; expected a number, or a public @name", id)
}
