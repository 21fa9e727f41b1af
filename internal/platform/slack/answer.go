package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/sealed"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// interaction is what an interaction_id stands for: with what a click or a
// command may be answered, where it was, and by whom. All but where is a
// credential, and sealed.
type interaction struct {
	Respond string `json:"r,omitempty"` // response_url: 5 answers, 30 minutes
	Trigger string `json:"t,omitempty"` // trigger_id: one modal, 3 seconds
	User    string `json:"u,omitempty"`
	Channel string `json:"c,omitempty"`
	Thread  string `json:"th,omitempty"`
}

// sealing names the secret that interaction_ids are sealed with.
const sealing = "slack interaction_id"

// newBox makes what interaction_ids are sealed with, the same on every node.
func newBox(ctx context.Context, host platform.Host) (*sealed.Box, error) {
	secret, err := host.Secret(ctx, sealing)
	if err != nil {
		return nil, fmt.Errorf("the secret that interaction_ids are sealed with: %w", err)
	}
	return sealed.New(secret)
}

// sealUp makes an interaction_id.
func sealUp(box *sealed.Box, i interaction, now time.Time) string {
	value, _ := json.Marshal(i) // of texts alone
	return box.Seal(value, now.Add(answerLasts))
}

// unseal opens an interaction_id.
func (a *Adapter) unseal(id string, now time.Time) (interaction, *platform.Error) {
	var i interaction
	value, err := a.box.Load().Open(id, now)
	if err == nil {
		err = json.Unmarshal(value, &i)
	}
	switch {
	case errors.Is(err, sealed.ErrExpired):
		return i, platform.Refused(envelope.CodeNotFound, "interaction_id", "it is over 30 minutes old, and Slack takes no answer to it any more")
	case err != nil:
		return i, platform.Refused(envelope.CodeInvalid, "interaction_id", "it is none of an event of this platform's: copy it from the event whole")
	}
	return i, nil
}

// openModal opens a modal, while it still can be.
func (a *Adapter) openModal(ctx context.Context, host platform.Host, r request, permit func() error) (platform.Result, *platform.Error) {
	i, failure := a.unseal(r.Answer, host.Now())
	if failure != nil {
		return platform.Result{}, failure
	}
	if i.Trigger == "" {
		return platform.Result{}, platform.Refused(envelope.CodeNotFound, "interaction_id", "what it answers opens no modal")
	}
	err := a.client.call(ctx, r.Method, r.Params.with(params{"trigger_id": i.Trigger}), permit, nil)
	switch failure := platform.AsError(err); {
	case err == nil:
		return platform.Result{}, nil
	case failure.Field == "interaction_id":
		failure.Message += fmt.Sprintf(": a modal must be opened within %v of the click or command", triggerLasts)
		return platform.Result{}, failure
	default:
		return platform.Result{}, failure
	}
}

// showTo shows a message to one person: by the address that came with what it
// answers, which works everywhere, and by chat.postEphemeral without one, or
// where it is used up.
func (a *Adapter) showTo(ctx context.Context, host platform.Host, r request, permit func() error) (platform.Result, *platform.Error) {
	if r.Answer != "" {
		i, failure := a.unseal(r.Answer, host.Now())
		if failure != nil {
			return platform.Result{}, failure
		}
		if i.Respond != "" && i.Channel == r.Params["channel"] {
			failure = a.respond(ctx, i, r, "ephemeral", permit)
			if failure == nil || !isUsedUp(failure) || i.User == "" {
				return platform.Result{}, failure
			}
		}
		if _, named := r.Params["user"]; !named {
			r.Params["user"] = i.User
		}
	}
	if err := a.client.call(ctx, postTo, r.Params, permit, nil); err != nil {
		return platform.Result{}, platform.AsError(err)
	}
	return platform.Result{}, nil // its ts is no id: it can be neither edited nor deleted
}

// answerOutside answers where the bot is no member: everybody there sees it, and
// it has no id.
func (a *Adapter) answerOutside(ctx context.Context, host platform.Host, r request, refused *platform.Error, permit func() error) (platform.Result, *platform.Error) {
	i, failure := a.unseal(r.Answer, host.Now())
	if failure != nil || i.Respond == "" || i.Channel != r.Params["channel"] {
		return platform.Result{}, refused
	}
	if failure := a.respond(ctx, i, r, "in_channel", permit); failure != nil {
		return platform.Result{}, failure
	}
	return platform.Result{Warnings: []string{"message_ids: the bot is not in this channel, and Slack tells no id of an answer there"}}, nil
}

// isOutside: the bot is not where it was to send to, and has sent nothing.
func isOutside(failure *platform.Error) bool {
	name := nameOf(failure)
	return name == "not_in_channel" || name == "channel_not_found"
}

// respond posts an answer to the address that came with what it answers.
func (a *Adapter) respond(ctx context.Context, i interaction, r request, how string, permit func() error) *platform.Error {
	address, err := url.Parse(i.Respond)
	if err != nil || !a.client.isSlack(address) {
		return platform.Refused(envelope.CodeInvalid, "interaction_id", "where it is to be answered is none of Slack's addresses")
	}
	p := params{"response_type": how, "replace_original": false}
	for _, name := range []string{"text", "blocks", "attachments", "mrkdwn", "thread_ts", "unfurl_links", "unfurl_media"} {
		if value, ok := r.Params[name]; ok {
			p[name] = value
		}
	}
	text, err := plainJSON(p)
	if err != nil {
		return platform.Refused(envelope.CodeInvalid, "native", "cannot be written as JSON: %v", err)
	}
	response, body, failure := a.client.web.Send(ctx, webapi.Request{
		Method: http.MethodPost, Address: i.Respond, Body: webapi.Text(text, jsonType), Permit: permit, Secret: i.Respond,
	})
	if failure != nil {
		return failure
	}
	// It answers "ok" as a text, and errors as a text or as JSON.
	var no answer
	name := strings.TrimSpace(string(body))
	if json.Unmarshal(body, &no) == nil {
		name = no.Error
	}
	switch {
	case response.StatusCode == http.StatusOK && (no.OK || name == "ok" || name == ""):
		return nil
	case response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= http.StatusInternalServerError:
		return unreadable(response)
	}
	no.Error = name
	return refusal("an answer to an interaction", response, no)
}

// isUsedUp: its address takes no more answers, and has not taken this one.
func isUsedUp(failure *platform.Error) bool {
	switch nameOf(failure) {
	case "used_url", "expired_url", "invalid_url", "no_active_hooks":
		return true
	}
	return false
}
