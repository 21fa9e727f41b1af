package inbound

import (
	"testing"

	"github.com/posternhq/postern/envelope"
)

func TestRules(t *testing.T) {
	t.Parallel()
	in := func(change func(*envelope.Event)) envelope.Event {
		e := envelope.Event{Event: envelope.EventMessage, UserID: "ann", ChannelID: "lobby", GuildID: "g1"}
		if change != nil {
			change(&e)
		}
		return e
	}
	direct := func(e *envelope.Event) { e.IsDM, e.GuildID = true, "" }
	addressed := func(e *envelope.Event) { e.IsAddressed = true }
	bot := func(e *envelope.Event) { e.IsBot, e.IsAddressed = true, true }
	typed := func(t envelope.EventType) func(*envelope.Event) {
		return func(e *envelope.Event) { e.Event = t }
	}
	for _, c := range []struct {
		name  string
		rules Rules
		event envelope.Event
		want  Outcome
	}{
		{"mention is the default", Rules{}, in(nil), RefusedGroup},
		{"mention, and it speaks to us", Rules{}, in(addressed), Published},
		{"mention, in a direct message", Rules{}, in(direct), Published},
		{"mention, a button", Rules{}, in(typed(envelope.EventButton)), Published},
		{"mention, a command", Rules{}, in(typed(envelope.EventCommand)), Published},
		{"mention, a reaction to somebody else", Rules{}, in(typed(envelope.EventReaction)), RefusedGroup},
		{"all", Rules{Groups: GroupsAll}, in(nil), Published},
		{"none, though it speaks to us", Rules{Groups: GroupsNone}, in(addressed), RefusedGroup},
		{"none, a command", Rules{Groups: GroupsNone}, in(typed(envelope.EventCommand)), RefusedGroup},
		{"none, in a direct message", Rules{Groups: GroupsNone}, in(direct), Published},
		{"a bot", Rules{Groups: GroupsAll}, in(bot), RefusedBot},
		{"a bot that may", Rules{Bots: true}, in(bot), Published},
		{"a user on the list", Rules{Users: []string{"bo", "ann"}}, in(addressed), Published},
		{"a user not on it", Rules{Users: []string{"bo"}}, in(addressed), RefusedUser},
		{"a channel not on the list", Rules{Channels: []string{"den"}}, in(addressed), RefusedChannel},
		{"a guild not on the list", Rules{Guilds: []string{"g2"}}, in(addressed), RefusedGuild},
		{"a direct message has no guild", Rules{Guilds: []string{"g1"}}, in(direct), RefusedGuild},
		{"on every list", Rules{Users: []string{"ann"}, Channels: []string{"lobby"}, Guilds: []string{"g1"}}, in(addressed), Published},
		{"the gateway's own word", Rules{Groups: GroupsNone, Users: []string{"bo"}}, in(typed(envelope.EventStatus)), Published},
	} {
		if got := c.rules.judge(&c.event); got != c.want {
			t.Errorf("%s: %s; want %s", c.name, got, c.want)
		}
	}
}
