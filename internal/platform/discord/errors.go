package discord

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/retry"
)

// said is what Discord answers where it says no.
type said struct {
	Code       int             `json:"code"`
	Message    string          `json:"message"`
	Errors     json.RawMessage `json:"errors"`
	RetryAfter float64         `json:"retry_after"` // seconds
	Global     bool            `json:"global"`
}

// The codes that are looked at outside the table below.
const (
	codeUnknownMessage     = 10008
	codeUnknownWebhook     = 10015
	codeUnknownInteraction = 10062
	codeAcknowledged       = 40060
	codeWebhookToken       = 50027
)

// class is what a code of Discord's means here.
type class struct {
	code  envelope.Code
	field string
	hint  string
}

// classes are the codes that say more than their status does
// (docs.discord.com/developers/topics/opcodes-and-status-codes#json). Nothing
// was made under any of them.
var classes = map[int]class{
	10003:                  {envelope.CodeNotFound, "channel_id", "there is no such channel, or the bot does not see it"},
	10004:                  {envelope.CodeNotFound, "", ""},
	codeUnknownMessage:     {envelope.CodeNotFound, "message_id", ""},
	10013:                  {envelope.CodeNotFound, "user_id", ""},
	10014:                  {envelope.CodeInvalid, "emoji", "a custom emoji is written name:id"},
	codeUnknownWebhook:     {envelope.CodeNotFound, "interaction_id", "its 15 minutes are over"},
	codeUnknownInteraction: {envelope.CodeNotFound, "interaction_id", "Discord waits three seconds for the first answer"},
	20016:                  {envelope.CodeRateLimited, "", ""}, // slow mode
	20022:                  {envelope.CodeRateLimited, "", ""},
	20028:                  {envelope.CodeRateLimited, "", ""}, // the channel's writes
	30010:                  {envelope.CodeConflict, "emoji", "a message bears at most 20 reactions"},
	30046:                  {envelope.CodeRateLimited, "", ""}, // edits of what is older than an hour
	40004:                  {envelope.CodeTransient, "", ""},   // sending is off for a while
	40005:                  {envelope.CodeTooLarge, "attachments", ""},
	40006:                  {envelope.CodeTransient, "", ""}, // a feature is
	codeAcknowledged:       {envelope.CodeConflict, "interaction_id", ""},
	40062:                  {envelope.CodeRateLimited, "", ""},
	50001:                  {envelope.CodeForbidden, "", "the bot does not see the channel: add it, or give its role View Channel"},
	50005:                  {envelope.CodeForbidden, "message_id", "only what the bot sent can be edited"},
	50006:                  {envelope.CodeInvalid, "text", ""},
	50007:                  {envelope.CodeForbidden, "channel_id", "the person takes no direct messages from the bot"},
	50008:                  {envelope.CodeInvalid, "channel_id", "no message can be sent there; a forum takes posts, by native thread"},
	50013:                  {envelope.CodeForbidden, "", "give the bot's role what it lacks; postern check names it"},
	50024:                  {envelope.CodeInvalid, "channel_id", "a forum takes posts, by native thread"},
	codeWebhookToken:       {envelope.CodeNotFound, "interaction_id", "its 15 minutes are over"},
	50035:                  {envelope.CodeInvalid, "", ""},
	50045:                  {envelope.CodeTooLarge, "attachments", ""},
	50083:                  {envelope.CodeForbidden, "thread_id", "the thread is archived"},
	50278:                  {envelope.CodeForbidden, "channel_id", "the person shares no server with the bot"},
	130000:                 {envelope.CodeTransient, "", ""}, // overloaded
	160002:                 {envelope.CodeForbidden, "reply_to", "give the bot's role Read Message History"},
	160005:                 {envelope.CodeForbidden, "thread_id", "the thread is locked"},
	200000:                 {envelope.CodeForbidden, "text", "the server's AutoMod refused it"},
	200001:                 {envelope.CodeForbidden, "text", "the server's AutoMod refused it"},
	240000:                 {envelope.CodeForbidden, "text", "Discord refused a link in it"},
}

// refusal classes an answer that says no, by its code where the table has it,
// else by its status:
//
//	401        auth: the token is not, or no longer, a bot's
//	403        forbidden
//	404        not_found
//	413        too_large
//	429        rate_limited: for retry_after; the account's if it is global
//	other 4xx  invalid
//	5xx        transient, and perhaps it was done
//	no JSON    what stands before Discord refuses this address: the account waits
func refusal(r *http.Response, body []byte, of call, now time.Time) *platform.Error {
	var s said
	if json.Unmarshal(body, &s) != nil {
		return unreadable(r, now)
	}
	status := r.StatusCode
	e := &platform.Error{Sent: platform.SentNo, Message: fmt.Sprintf("Discord answered %d", status)}
	switch {
	case s.Code == 0 && s.Message != "": // such as "401: Unauthorized"
		e.Message += ": " + fmt.Sprintf("%.200s", strings.TrimPrefix(s.Message, fmt.Sprintf("%d: ", status))) + details(s.Errors)
	case s.Code != 0:
		e.Message = fmt.Sprintf("Discord answered %d, code %d: %.200s%s", status, s.Code, s.Message, details(s.Errors))
	}
	c, known := classes[s.Code]
	e.Field = c.field
	if c.hint != "" {
		e.Message += ": " + c.hint
	}
	switch {
	case status == http.StatusTooManyRequests || c.code == envelope.CodeRateLimited:
		e.Code = envelope.CodeRateLimited
		e.RetryAfter = cmp.Or(retry.Seconds(s.RetryAfter), retry.After(r.Header, now), time.Second)
		if e.Gate = platform.GateThread; s.Global || r.Header.Get("X-RateLimit-Global") != "" {
			e.Gate = platform.GateAccount
		}
	case status >= http.StatusInternalServerError:
		e.Code, e.Sent = envelope.CodeTransient, platform.SentUnknown
	case known:
		e.Code = c.code
	case status == http.StatusUnauthorized && !of.opened():
		e.Code = envelope.CodeAuth
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		e.Code = envelope.CodeForbidden
	case status == http.StatusNotFound:
		e.Code = envelope.CodeNotFound
	case status == http.StatusRequestEntityTooLarge:
		e.Code = envelope.CodeTooLarge
	default:
		e.Code = envelope.CodeInvalid
	}
	return e
}

// unreadable is an answer that is not the API's. Of Discord's front, a refusal
// is a ban of this address that lasts some minutes.
func unreadable(r *http.Response, now time.Time) *platform.Error {
	e := &platform.Error{
		Code: envelope.CodeTransient, Sent: platform.SentUnknown,
		Message: fmt.Sprintf("Discord answered %d with something that is not its API's", r.StatusCode),
	}
	switch {
	case r.StatusCode == http.StatusTooManyRequests || r.StatusCode == http.StatusForbidden:
		e.Code, e.Sent, e.Gate = envelope.CodeRateLimited, platform.SentNo, platform.GateAccount
		e.RetryAfter = cmp.Or(retry.After(r.Header, now), time.Minute)
		e.Message += ": this address may be banned for a while, after too many requests that were refused"
	case r.StatusCode < http.StatusInternalServerError:
		e.Sent = platform.SentNo
	}
	return e
}

// details are the fields that Discord finds fault with, at most three.
func details(errors json.RawMessage) string {
	var tree any
	if len(errors) == 0 || json.Unmarshal(errors, &tree) != nil {
		return ""
	}
	var found []string
	var walk func(at string, v any)
	walk = func(at string, v any) {
		m, ok := v.(map[string]any)
		if !ok || len(found) == 3 {
			return
		}
		if list, ok := m["_errors"].([]any); ok {
			for _, one := range list {
				if o, ok := one.(map[string]any); ok && len(found) < 3 {
					found = append(found, fmt.Sprintf("%s: %.100v", strings.TrimPrefix(at, "."), o["message"]))
				}
			}
		}
		for _, name := range sortedKeys(m) {
			walk(at+"."+name, m[name])
		}
	}
	walk("", tree)
	if len(found) == 0 {
		return ""
	}
	return " (" + strings.Join(found, "; ") + ")"
}

// codeOf is Discord's code in an error that refusal made; 0 if there is none.
func codeOf(err *platform.Error) int {
	code := 0
	if err != nil {
		if _, rest, ok := strings.Cut(err.Message, ", code "); ok {
			_, _ = fmt.Sscanf(rest, "%d", &code)
		}
	}
	return code
}
