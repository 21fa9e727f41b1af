package slack

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// needs are the scopes of the manifest in docs/slack.md, and what is missing
// without each.
var needs = []struct {
	scope, does string
	must        bool
}{
	{"chat:write", "nothing can be sent", true},
	{"channels:history", "messages in public channels do not come, and lost sends there cannot be looked for", false},
	{"groups:history", "the same in private channels", false},
	{"im:history", "the same in direct conversations", false},
	{"mpim:history", "the same in direct conversations of several", false},
	{"app_mentions:read", "mentions do not come", false},
	{"channels:read", "channels have no names", false},
	{"groups:read", "private channels have no names", false},
	{"im:read", "direct conversations are not listed", false},
	{"mpim:read", "direct conversations of several are not listed", false},
	{"im:write", "open_dm does not work", false},
	{"users:read", "people have no names", false},
	{"users:write", "presence does not work", false},
	{"files:read", "files that people send do not come", false},
	{"files:write", "files cannot be sent", false},
	{"reactions:read", "reactions do not come", false},
	{"reactions:write", "reactions cannot be set", false},
	{"commands", "slash commands and shortcuts do not come", false},
}

// Check asks Slack who the bot is, what it may, and whether events can come.
func (a *Adapter) Check(ctx context.Context) []platform.Finding {
	defer a.client.close()
	var me self
	scopes, err := a.client.scopes(ctx, &me)
	if err != nil {
		return []platform.Finding{refusedFinding(platform.AsError(err), "token", "copy the Bot User OAuth Token from OAuth & Permissions")}
	}
	found := []platform.Finding{{Says: fmt.Sprintf("the token is @%s's in %s (%s)", me.Name, me.Team, me.UserID)}}
	if scopes != nil {
		found = append(found, scopeFindings(scopes)...)
	}
	a.me.Store(&me)
	switch channels, err := a.Channels(ctx); {
	case err != nil:
	case len(channels) == 0:
		found = append(found, platform.Finding{Verdict: platform.Doubtful, Says: "it is in no channel, and nobody has written to it", Do: "/invite @" + me.Name + " in a channel"})
	default:
		found = append(found, platform.Finding{Says: fmt.Sprintf("it is in %d conversations", len(channels))})
	}
	if a.config.appToken == "" {
		return append(found, platform.Finding{Says: "events come by HTTP: in the app's settings, Event Subscriptions, Interactivity and each slash command name this gateway's /hooks/" + a.config.name})
	}
	if err := a.client.callAs(ctx, a.config.appToken, "apps.connections.open", nil, nil, nil); err != nil {
		return append(found, refusedFinding(platform.AsError(err), "app_token", "make an app-level token with the scope connections:write under Basic Information, and switch Socket Mode on"))
	}
	return append(found, platform.Finding{Says: "events come by Socket Mode"})
}

// scopes asks who the bot is; the answer's header says what it may, nil if it
// does not.
func (c *client) scopes(ctx context.Context, me *self) ([]string, error) {
	if err := c.read(ctx, "auth.test", nil, me); err != nil {
		return nil, err
	}
	response, _, failure := c.web.Send(ctx, webapi.Request{
		Method: http.MethodPost, Address: c.config.api + "/auth.test", Header: bearer(c.config.token),
	})
	if failure != nil {
		return nil, failure
	}
	said := response.Header.Get("X-OAuth-Scopes")
	if said == "" {
		return nil, nil
	}
	var scopes []string
	for s := range strings.SplitSeq(said, ",") {
		scopes = append(scopes, strings.TrimSpace(s))
	}
	return scopes, nil
}

func scopeFindings(has []string) []platform.Finding {
	var found []platform.Finding
	for _, n := range needs {
		if slices.Contains(has, n.scope) {
			continue
		}
		f := platform.Finding{
			Verdict: platform.Doubtful, Says: "without the scope " + n.scope + ", " + n.does,
			Do: "if it is needed, add it under OAuth & Permissions and install the app again",
		}
		if n.must {
			f.Verdict = platform.Wrong
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		found = []platform.Finding{{Says: "it has every scope that is used"}}
	}
	return found
}

func refusedFinding(err *platform.Error, field, do string) platform.Finding {
	f := platform.Finding{Verdict: platform.Wrong, Says: field + ": " + err.Message}
	switch err.Code {
	case envelope.CodeUnavailable:
		f.Do = "see that this machine reaches api_url"
	default:
		f.Do = do
	}
	return f
}
