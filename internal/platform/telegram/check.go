package telegram

import (
	"context"
	"fmt"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Check asks Telegram who the bot is, what it may see, and how its updates are
// set to come.
func (a *Adapter) Check(ctx context.Context) []platform.Finding {
	defer a.client.close()
	var me struct {
		user
		SeesAll    bool `json:"can_read_all_group_messages"`
		JoinsGroup bool `json:"can_join_groups"`
	}
	if err := a.client.read(ctx, "getMe", nil, &me); err != nil {
		return []platform.Finding{refusedFinding(platform.AsError(err))}
	}
	found := []platform.Finding{{Says: fmt.Sprintf("the token is @%s's (%d)", me.Username, me.ID)}}
	switch {
	case !me.JoinsGroup:
		found = append(found, platform.Finding{Verdict: platform.Doubtful, Says: "it cannot be added to groups", Do: "if it is to be, send /setjoingroups to @BotFather"})
	case !me.SeesAll:
		found = append(found, platform.Finding{Says: "in groups it sees only mentions, replies and commands", Do: "if it is to see all, send /setprivacy to @BotFather and add it again"})
	}
	var hook struct {
		URL     string `json:"url"`
		Pending int    `json:"pending_update_count"`
		Error   string `json:"last_error_message"`
	}
	if err := a.client.read(ctx, "getWebhookInfo", nil, &hook); err != nil {
		return append(found, refusedFinding(platform.AsError(err)))
	}
	return append(found, a.checkUpdates(hook.URL, hook.Pending, hook.Error)...)
}

// checkUpdates compares how updates come with how they should. The address of
// a webhook that is not ours may bear a secret, and is not shown.
func (a *Adapter) checkUpdates(url string, pending int, lastError string) []platform.Finding {
	switch {
	case !a.config.webhook && url == "":
		return []platform.Finding{{Says: fmt.Sprintf("updates come by polling; %d wait", pending)}}
	case !a.config.webhook:
		return []platform.Finding{{
			Verdict: platform.Doubtful, Says: "a webhook is set, by whomever: serve will take it away to poll",
			Do: "if another program needs it, give that one a bot of its own",
		}}
	case url == "":
		return []platform.Finding{{Says: "no webhook is set yet; serve sets it"}}
	case url != a.config.hookURL:
		return []platform.Finding{{
			Verdict: platform.Doubtful, Says: "another webhook than hook_url is set; serve will replace it",
			Do: "if another program needs it, give that one a bot of its own",
		}}
	case lastError != "":
		return []platform.Finding{{
			Verdict: platform.Doubtful, Says: fmt.Sprintf("%d updates wait; the last call failed: %.200s", pending, lastError),
			Do: "see that hook_url leads to this gateway's /hooks/" + a.config.name,
		}}
	}
	return []platform.Finding{{Says: fmt.Sprintf("updates come to hook_url; %d wait", pending)}}
}

func refusedFinding(err *platform.Error) platform.Finding {
	f := platform.Finding{Verdict: platform.Wrong, Says: err.Message}
	switch err.Code {
	case envelope.CodeAuth:
		f.Do = "copy the token from @BotFather, /mybots, API Token"
	case envelope.CodeUnavailable:
		f.Do = "see that this machine reaches api_url"
	}
	return f
}
