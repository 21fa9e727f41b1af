package discord

import (
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"intents": []string{"message_content", "guild_members"}})
	l.s.AddUser(discordtest.User{ID: "400000000000000002", Username: "ben", Bot: true})
	id := l.s.Say(discordtest.Says{Channel: discordtest.Channel, Text: "hi <@" + BotMention + "> **you**"})
	e := l.event(1)
	if e.Event != "message" || e.ChannelID != discordtest.Channel || e.ThreadID != "" || e.GuildID != discordtest.GuildID || e.IsDM || !e.IsAddressed ||
		e.UserID != discordtest.Ann || e.Username != "ann_lee" || e.DisplayName != "Ann" || e.RoomName != "general" || e.MessageID != id || e.EventID != id {
		t.Errorf("a message came as %+v", e)
	}
	if e.Content != "hi [@Postern](mention:"+BotMention+") **you**" || len(e.Mentions) != 1 || e.Mentions[0].Name != "Postern" {
		t.Errorf("its content is %q, mentions %v", e.Content, e.Mentions)
	}
	if since := time.Since(time.UnixMilli(int64(e.Timestamp * 1000))); since < 0 || since > time.Minute {
		t.Errorf("its time is %v ago", since)
	}

	l.s.Say(discordtest.Says{Channel: discordtest.Thread, Text: "in a thread"})
	if e = l.event(2); e.ChannelID != discordtest.Channel || e.ThreadID != discordtest.Thread || e.RoomName != "plans" || e.IsAddressed {
		t.Errorf("a thread's came as %+v", e)
	}
	l.s.Say(discordtest.Says{Channel: discordtest.AnnDM, Text: "psst", Files: []discordtest.File{{Name: "voice-message.ogg", Kind: "audio/ogg", Data: []byte("OggS")}}})
	if e = l.event(3); !e.IsDM || !e.IsAddressed || e.GuildID != "" || len(e.Attachments) != 1 || e.Attachments[0].Blob == "" || e.Attachments[0].Mimetype != "audio/ogg" || e.Attachments[0].Size != 4 {
		t.Errorf("a direct one came as %+v", e)
	}

	ours := l.must(envelope.Outbound{Type: "message", Text: "a question"}) // is no event
	l.s.Say(discordtest.Says{Channel: discordtest.Channel, Text: "an answer", ReplyTo: ours})
	if e = l.event(4); e.ReplyTo != ours || !e.IsAddressed || e.Content != "an answer" {
		t.Errorf("an answer came as %+v", e)
	}
	l.s.Unfurl(discordtest.Channel, id) // is none either
	l.s.Change(discordtest.Channel, id, "changed")
	if e = l.event(5); e.Event != "edit" || e.MessageID != id || e.Content != "changed" || e.EventID == id {
		t.Errorf("an edit came as %+v", e)
	}
	l.s.React(discordtest.Ann, discordtest.Channel, ours, "wave:123456789012345678", true)
	if e = l.event(6); e.Event != "reaction" || e.MessageID != ours || e.Emoji != "wave:123456789012345678" || e.Removed || !e.IsAddressed || e.UserID != discordtest.Ann {
		t.Errorf("a reaction came as %+v", e)
	}
	l.s.React(discordtest.Ann, discordtest.Channel, ours, "👍", false)
	if e = l.event(7); e.Emoji != "👍" || !e.Removed {
		t.Errorf("one that was taken away came as %+v", e)
	}
	l.must(envelope.Outbound{Type: "delete"}, ours) // an echo is none
	l.s.Erase(discordtest.Channel, id)
	if e = l.event(8); e.Event != "delete" || e.MessageID != id {
		t.Errorf("a delete came as %+v", e)
	}
	l.s.Say(discordtest.Says{By: "400000000000000002", Channel: discordtest.Channel, Text: "beep"})
	if e = l.event(9); !e.IsBot {
		t.Errorf("a bot's came as %+v", e)
	}
	l.s.Join("400000000000000002", false)
	if e = l.event(10); e.Event != "member" || e.Member != "left" || e.TargetUser != "400000000000000002" || e.ChannelID != discordtest.Channel || e.GuildID != discordtest.GuildID {
		t.Errorf("somebody who left came as %+v", e)
	}
}

// TestADeleteThatFailed is nobody's echo.
func TestADeleteThatFailed(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	ours := l.must(envelope.Outbound{Type: "message", Text: "a question"})
	l.s.Fail(discordtest.Missing, "DELETE /channels/")
	if _, err := l.send(envelope.Outbound{Type: "delete"}, ours); err == nil {
		t.Fatal("the delete got through")
	}
	l.s.Erase(discordtest.Channel, ours)
	if e := l.event(1); e.Event != "delete" || e.MessageID != ours {
		t.Errorf("somebody else's came as %+v", e)
	}
}

// TestRecentForgets what is taken out, and the oldest of more than it keeps.
func TestRecentForgets(t *testing.T) {
	t.Parallel()
	r := newRecent(2)
	if !r.add("1") || r.add("1") || r.add("") {
		t.Error("an id is new once, and none never")
	}
	r.remove("1")
	r.remove("9")
	for _, id := range []string{"1", "2", "3"} {
		if r.has(id) || !r.add(id) {
			t.Errorf("%s was there already", id)
		}
	}
	if r.has("1") || !r.has("2") || !r.has("3") {
		t.Errorf("it has %v", r.ids)
	}
}

// BotMention is our own id.
const BotMention = discordtest.BotID

// TestWithoutIntents: what does not concern us has no content, and is no event.
func TestWithoutIntents(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	l.s.Say(discordtest.Says{Channel: discordtest.Channel, Text: "among us"})
	l.s.Say(discordtest.Says{Channel: discordtest.Channel, Text: "<@" + BotMention + "> hello"})
	if e := l.event(1); !strings.HasSuffix(e.Content, " hello") {
		t.Errorf("the first event is %+v", e)
	}
}

// FuzzDecode: whatever the gateway sends is read or refused, and what comes of
// it has an id.
func FuzzDecode(f *testing.F) {
	for _, seed := range []struct{ kind, data string }{
		{"MESSAGE_CREATE", `{"id":"5","channel_id":"1","author":{"id":"2"},"content":"hi","type":19,"message_reference":{"message_id":"4"}}`},
		{"MESSAGE_UPDATE", `{"id":"5","channel_id":"1","author":{"id":"2"},"edited_timestamp":"never","content":"x"}`},
		{"MESSAGE_DELETE_BULK", `{"ids":["1","2"],"channel_id":"1"}`},
		{"MESSAGE_REACTION_ADD", `{"emoji":{"name":"x"},"user_id":"3","member":{}}`},
		{"INTERACTION_CREATE", `{"id":"9","type":5,"data":{"components":[{"component":{"custom_id":"a","value":"b"}},{"components":[{"custom_id":"c"}]}]}}`},
		{"INTERACTION_CREATE", `{"id":"9","type":2,"data":{"options":[{"type":2,"options":[{"type":1}]}]}}`},
		{"GUILD_MEMBER_ADD", `{"user":{}}`},
		{"READY", `[]`},
		{"MESSAGE_CREATE", `null`},
	} {
		f.Add(seed.kind, seed.data)
	}
	f.Fuzz(func(t *testing.T, kind, data string) {
		got, err := decode(&frame{Type: kind, Data: []byte(data), Seq: 7}, about{me: &self{user: user{ID: "1"}}, session: "s"})
		if err != nil {
			return
		}
		for _, e := range got.events {
			if e.Event == envelope.EventReaction && e.EventID != "s:7" {
				t.Errorf("%s %s: %+v", kind, data, e)
			}
		}
		newPlaces().learn(&frame{Type: kind, Data: []byte(data)})
	})
}
