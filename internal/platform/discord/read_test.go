package discord

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

func TestAnswersRPCs(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"calls": []string{"GET /channels/{channel}/pins"}})
	ctx := t.Context()
	if c, err := l.Channel(ctx, discordtest.Thread); err != nil || c.Name != "plans" || c.GuildID != discordtest.GuildID || c.IsDM {
		t.Errorf("Channel: %+v, %v", c, err)
	}
	if c, err := l.OpenDM(ctx, discordtest.Ann); err != nil || c.ID != discordtest.AnnDM || !c.IsDM || c.Name != "Ann Lee" {
		t.Errorf("OpenDM: %+v, %v", c, err)
	}
	if u, err := l.User(ctx, discordtest.Ann); err != nil || u.Username != "ann_lee" || u.DisplayName != "Ann Lee" {
		t.Errorf("User: %+v, %v", u, err)
	}
	if all, err := l.Channels(ctx); err != nil || len(all) != 3 {
		t.Errorf("Channels: %+v, %v", all, err)
	}
	for channel, want := range map[string]int{discordtest.Channel: 2, discordtest.Thread: 1, discordtest.AnnDM: 2} {
		if users, err := l.Members(ctx, channel); err != nil || len(users) != want {
			t.Errorf("Members of %s: %+v, %v", channel, users, err)
		}
	}
	if _, err := l.Call(ctx, "GET /channels/{channel}/pins", map[string]any{"channel": discordtest.Channel}); err != nil {
		t.Errorf("Call: %v", err)
	}
	if _, err := l.Call(ctx, "GET /channels/{channel}/pins", nil); platform.AsError(err).Code != envelope.CodeInvalid {
		t.Errorf("Call without its parameter: %v", err)
	}
	for _, word := range []any{"", ".", ".."} {
		if _, err := l.Call(ctx, "GET /channels/{channel}/pins", map[string]any{"channel": word}); platform.AsError(err).Code != envelope.CodeInvalid {
			t.Errorf("Call of the channel %q: %v", word, err)
		}
	}
	if _, err := l.Call(ctx, "DELETE /channels/{channel}", map[string]any{"channel": discordtest.Channel}); platform.AsError(err).Code != envelope.CodeForbidden {
		t.Errorf("Call of what is not allowed: %v", err)
	}
	for n := range 230 {
		l.s.Say(discordtest.Says{Channel: discordtest.Channel, Text: "m" + strconv.Itoa(n)})
	}
	before, got := "", 230
	for more := true; more; {
		var page []platform.Message
		var err error
		page, more, err = l.History(ctx, platform.HistoryPage{ChannelID: discordtest.Channel, Before: before, Limit: 100})
		if err != nil || len(page) == 0 {
			t.Fatalf("History: %d, %v", len(page), err)
		}
		for _, m := range slices.Backward(page) {
			if got--; m.Content != "m"+strconv.Itoa(got) || m.Author.ID != discordtest.Ann || m.Ours {
				t.Fatalf("History has %+v, and m%d was next", m, got)
			}
		}
		before = page[0].ID
	}
	if got != 0 {
		t.Errorf("History left %d out", got)
	}
	if m, err := l.Message(ctx, discordtest.Channel, "", before); err != nil || m.Content != "m0" {
		t.Errorf("Message: %+v, %v", m, err)
	}
	if _, err := l.Message(ctx, discordtest.Channel, "", "1"); platform.AsError(err).Code != envelope.CodeNotFound {
		t.Errorf("Message that is none: %v", err)
	}
}

func TestRegistersCommands(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{
		"commands": []string{"ask=Ask me; times:integer=How often; question!=What", "/ping=Are you there?"},
		"guilds":   []string{discordtest.GuildID},
	})
	var list []command
	if err := json.Unmarshal([]byte(l.s.Commands()["/applications/"+discordtest.AppID+"/guilds/"+discordtest.GuildID+"/commands"]), &list); err != nil || len(list) != 2 {
		t.Fatalf("registered %+v, %v", list, err)
	}
	if ask := list[0]; ask.Name != "ask" || len(ask.Options) != 2 || ask.Options[0] != (option{"question", 3, "What", true}) || ask.Options[1] != (option{"times", 4, "How often", false}) {
		t.Errorf("registered %+v", ask)
	}
}

// TestCommandsWhereItIsNot: a server that has removed the bot keeps it from none
// of the others.
func TestCommandsWhereItIsNot(t *testing.T) {
	t.Parallel()
	const left = "200000000000000009"
	l := connected(t, map[string]any{"commands": []string{"ping=Are you there?"}, "guilds": []string{left, discordtest.GuildID}})
	if _, there := l.s.Commands()["/applications/"+discordtest.AppID+"/guilds/"+discordtest.GuildID+"/commands"]; !there {
		t.Error("the commands are not registered where it is")
	}
	if logged := l.host.Logged(); !strings.Contains(logged, "level=ERROR") || !strings.Contains(logged, "guild="+left) {
		t.Errorf("it is not told of the server that it has left: %s", logged)
	}
	found := l.Check(t.Context())
	if !slices.ContainsFunc(found, func(f platform.Finding) bool {
		return f.Verdict == platform.Wrong && strings.Contains(f.Says, left) && strings.Contains(f.Do, "guilds")
	}) {
		t.Errorf("Check says %+v", found)
	}
}

func TestOpenWithoutRights(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t)
	a := newAdapter(t, s, map[string]any{"token": "AAAA.BBBB.CCCC"})
	if err := a.Open(t.Context(), platformtest.NewHost()); platform.AsError(err).Code != envelope.CodeAuth {
		t.Errorf("Open with another token: %v", err)
	}
	found := a.Check(t.Context())
	if len(found) != 1 || found[0].Verdict != platform.Wrong || !strings.Contains(found[0].Do, "Developer Portal") {
		t.Errorf("Check says %+v", found)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t)
	s.Enable(0)
	a := newAdapter(t, s, map[string]any{"intents": []string{"message_content"}})
	var all []string
	for _, f := range a.Check(t.Context()) {
		all = append(all, strconv.Itoa(int(f.Verdict))+" "+f.Says+"; "+f.Do)
	}
	said := strings.Join(all, "\n")
	for _, want := range []string{"0 the token is Postern's", "2 the intent message_content is not enabled", "enable Message Content Intent", "0 without the intent guild_members, ", "0 servers that it is in: 1; to add it to another: https://discord.com/oauth2/authorize?client_id="} {
		if !strings.Contains(said, want) {
			t.Errorf("Check says\n%s\nand not %q", said, want)
		}
	}
	if strings.Contains(said, discordtest.Token) {
		t.Error("it tells the token")
	}
}
