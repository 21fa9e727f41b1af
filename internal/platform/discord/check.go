package discord

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// application is what the Developer Portal has of the bot.
type application struct {
	ID    string `json:"id"`
	Flags int    `json:"flags"`
}

// Flags of an application: what is enabled there, also for a bot that is in few
// servers (docs.discord.com/developers/resources/application#application-object-application-flags).
const (
	flagsMembers = 1<<14 | 1<<15
	flagsContent = 1<<18 | 1<<19
)

// permissions are what a bot needs to do all that Postern can
// (docs.discord.com/developers/topics/permissions).
var permissions = []struct {
	bit  uint64
	name string
}{
	{permitView, "View Channels"},
	{permitSend, "Send Messages"},
	{permitInThread, "Send Messages in Threads"},
	{1 << 14, "Embed Links"},
	{1 << 15, "Attach Files"},
	{1 << 16, "Read Message History"},
	{1 << 6, "Add Reactions"},
}

const administrator = 1 << 3

// Check asks Discord who the bot is, what is enabled for it, and what it may do
// where it is.
func (a *Adapter) Check(ctx context.Context) []platform.Finding {
	defer a.client.close()
	me, app, err := a.whoami(ctx)
	if err != nil {
		return []platform.Finding{refusedFinding(platform.AsError(err))}
	}
	found := []platform.Finding{{Says: fmt.Sprintf("the token is %s's (%s)", me.name(), me.ID)}}
	found = append(found, a.checkIntents(app)...)
	found = append(found, a.checkSessions(ctx)...)
	guilds, err := a.guilds(ctx)
	if err != nil {
		return append(found, refusedFinding(platform.AsError(err)))
	}
	found = append(found, checkGuilds(guilds, app.ID)...)
	return append(found, a.checkNamed(guilds, app.ID)...)
}

// checkNamed: the servers that the config names are to be among those that the
// bot is in.
func (a *Adapter) checkNamed(guilds []membership, application string) []platform.Finding {
	var found []platform.Finding
	for _, id := range a.config.guilds {
		if !slices.ContainsFunc(guilds, func(g membership) bool { return g.ID == id }) {
			found = append(found, platform.Finding{
				Verdict: platform.Wrong, Says: "the bot is not in the server " + id + ", which guilds names: its commands are not there",
				Do: "take it out of guilds, or add the bot to it: " + invitation(application),
			})
		}
	}
	return found
}

// invitation is where a person adds the bot to a server, with all that it needs.
func invitation(application string) string {
	all := uint64(0)
	for _, p := range permissions {
		all |= p.bit
	}
	return "https://discord.com/oauth2/authorize?client_id=" + application + "&scope=bot+applications.commands&permissions=" + strconv.FormatUint(all, 10)
}

// checkIntents: Discord closes the connection of a bot that asks for an intent
// that is not enabled.
func (a *Adapter) checkIntents(app *application) []platform.Finding {
	var found []platform.Finding
	for _, intent := range []struct {
		bit, flags int
		name, lack string
	}{
		{intentContent, flagsContent, "message_content", "in servers it reads only what mentions it or answers it"},
		{intentMembers, flagsMembers, "guild_members", "it hears of nobody who joins or leaves, and lists no members"},
	} {
		asks, enabled := a.config.intents&intent.bit != 0, app.Flags&intent.flags != 0
		switch {
		case asks && !enabled:
			found = append(found, platform.Finding{
				Verdict: platform.Wrong, Says: "the intent " + intent.name + " is not enabled, and Discord will refuse the connection",
				Do: "in the Developer Portal, Bot, Privileged Gateway Intents, enable " + portalNames(intent.bit),
			})
		case !asks:
			found = append(found, platform.Finding{Says: "without the intent " + intent.name + ", " + intent.lack})
		}
	}
	return found
}

// checkSessions: so many may be begun in a day.
func (a *Adapter) checkSessions(ctx context.Context) []platform.Finding {
	var said struct {
		Shards int `json:"shards"`
		Limit  struct {
			Total      int     `json:"total"`
			Remaining  int     `json:"remaining"`
			ResetAfter float64 `json:"reset_after"` // ms
		} `json:"session_start_limit"`
	}
	if err := a.client.read(ctx, http.MethodGet, "/gateway/bot", nil, &said); err != nil {
		return []platform.Finding{refusedFinding(platform.AsError(err))}
	}
	reset := time.Duration(said.Limit.ResetAfter * float64(time.Millisecond)).Round(time.Minute)
	switch {
	case said.Limit.Remaining == 0:
		return []platform.Finding{{
			Verdict: platform.Wrong, Says: fmt.Sprintf("all %d sessions of a day are begun; more may be in %v", said.Limit.Total, reset),
			Do: "see what else runs with this token",
		}}
	case said.Limit.Remaining < said.Limit.Total/10:
		return []platform.Finding{{
			Verdict: platform.Doubtful, Says: fmt.Sprintf("%d of %d sessions of a day are left", said.Limit.Remaining, said.Limit.Total),
			Do: "see what else runs with this token",
		}}
	case said.Shards > 1:
		return []platform.Finding{{Verdict: platform.Doubtful, Says: fmt.Sprintf("Discord advises %d connections for this bot, and Postern holds one", said.Shards)}}
	}
	return nil
}

func checkGuilds(guilds []membership, application string) []platform.Finding {
	invite := invitation(application)
	if len(guilds) == 0 {
		return []platform.Finding{{Verdict: platform.Doubtful, Says: "the bot is in no server", Do: "add it to one: " + invite}}
	}
	found := []platform.Finding{{Says: fmt.Sprintf("servers that it is in: %d", len(guilds)), Do: "to add it to another: " + invite}}
	for _, g := range guilds {
		bits, err := strconv.ParseUint(g.Permissions, 10, 64)
		if err != nil || bits&administrator != 0 {
			continue
		}
		var lacks []string
		for _, p := range permissions {
			if bits&p.bit == 0 {
				lacks = append(lacks, p.name)
			}
		}
		if len(lacks) > 0 {
			found = append(found, platform.Finding{
				Verdict: platform.Doubtful, Says: fmt.Sprintf("in the server %.60q its role lacks %s", g.Name, strings.Join(lacks, ", ")),
				Do: "give it them, in Server Settings, Roles, or add it anew: " + invite,
			})
		}
	}
	return found
}

func refusedFinding(err *platform.Error) platform.Finding {
	f := platform.Finding{Verdict: platform.Wrong, Says: err.Message}
	switch err.Code {
	case envelope.CodeAuth:
		f.Do = "reset the token in the Developer Portal, Bot, and put the new one where the config says"
	case envelope.CodeUnavailable:
		f.Do = "see that this machine reaches api_url"
	}
	return f
}
