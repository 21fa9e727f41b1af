package slack

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/retry"
)

// verdict is what an error of Slack's means: its code, and the envelope's field
// at fault, if one is.
type verdict struct {
	code  envelope.Code
	field string
}

// verdicts are the errors that Slack names (docs.slack.dev/reference/methods/
// chat.postMessage and its neighbours, each under Errors). One that is not here
// refuses the request as it is, and nothing was done: invalid.
func verdictOf(name string) verdict {
	switch name {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required",
		"two_factor_setup_required", "not_allowed_token_type", "accesslimited":
		return verdict{envelope.CodeAuth, ""}
	case "channel_not_found", "invalid_channel", "channel_is_limited_access":
		return verdict{envelope.CodeNotFound, "channel_id"}
	case "thread_not_found", "invalid_thread_ts", "cannot_reply_to_message":
		return verdict{envelope.CodeNotFound, "thread_id"}
	case "message_not_found", "no_item_specified", "bad_timestamp":
		return verdict{envelope.CodeNotFound, "message_id"}
	case "expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged", "invalid_trigger_id", "invalid_trigger":
		return verdict{envelope.CodeNotFound, "interaction_id"}
	case "user_not_found", "user_not_in_channel", "users_not_found", "user_not_visible", "file_not_found":
		return verdict{envelope.CodeNotFound, ""}
	case "not_in_channel", "is_archived", "cant_update_message", "cant_delete_message", "edit_window_closed", "compliance_exports_prevent_deletion",
		"messages_tab_disabled", "cannot_dm_bot", "user_disabled", "too_many_reactions", "is_inactive", "no_permission", "missing_scope",
		"team_access_restricted", "external_channel_migrating", "slack_connect_blocked_file_type", "blocked_file_type", "file_uploads_disabled",
		"access_denied", "ekm_access_denied", "team_access_not_granted": // of "a resource specified in the request", of posting, of a workspace: others go on
		return verdict{envelope.CodeForbidden, ""}
	case "msg_too_long", "msg_blocks_too_long", "too_many_attachments", "metadata_too_large", "file_upload_size_restricted", "too_long":
		return verdict{envelope.CodeTooLarge, ""}
	case "invalid_name":
		return verdict{envelope.CodeInvalid, "emoji"}
	case "service_unavailable", "team_added_to_org", "request_timeout", "storage_limit_reached":
		return verdict{envelope.CodeTransient, ""}
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return verdict{envelope.CodeRateLimited, ""}
	case "fatal_error", "internal_error":
		// "It's possible some aspect of the operation succeeded before the
		// error was raised."
		return verdict{envelope.CodeUnknown, ""}
	}
	if strings.HasPrefix(name, "restricted_action") {
		return verdict{envelope.CodeForbidden, ""}
	}
	return verdict{envelope.CodeInvalid, ""}
}

// refusal classes an answer that says no.
func refusal(method string, r *http.Response, a answer) *platform.Error {
	v := verdictOf(a.Error)
	e := &platform.Error{
		Code: v.code, Field: v.field, Sent: platform.SentNo, Cause: said{a.Error, r.StatusCode},
		Message: fmt.Sprintf("Slack answered %s with %.100s", method, a.Error),
	}
	switch {
	case a.Error == "missing_scope":
		e.Message += fmt.Sprintf("; add the scope %.100s under OAuth & Permissions and install the app again", a.Needed)
		if strings.HasPrefix(a.Needed, chatWrite) && !slices.ContainsFunc(strings.Split(a.Provided, ","), isChatWrite) {
			e.Code = envelope.CodeAuth // without it nothing can be sent at all
		}
	case a.Error == "not_in_channel":
		e.Message += "; invite the app to the channel"
	case len(a.Metadata.Messages) > 0:
		e.Message += fmt.Sprintf(": %.300s", strings.Join(a.Metadata.Messages, "; "))
	}
	switch {
	case r.StatusCode == http.StatusTooManyRequests || v.code == envelope.CodeRateLimited:
		e.Code, e.Field, e.Gate = envelope.CodeRateLimited, "", gateOf(method)
		e.RetryAfter = max(retry.After(r.Header, time.Now()), time.Second)
	case v.code == envelope.CodeUnknown || r.StatusCode >= http.StatusInternalServerError && v.code != envelope.CodeTransient:
		e.Code, e.Field, e.Sent = envelope.CodeUnknown, "", platform.SentUnknown
	}
	return e
}

// chatWrite is the scope that every message needs. What is needed may begin with
// it and be another, of one message alone: chat:write.customize to write in
// another name; and chat:write:bot, of before there were granular ones, is told
// for either (github.com/apache/superset/pull/15904). So what is granted decides.
const chatWrite = "chat:write"

func isChatWrite(scope string) bool { return strings.TrimSpace(scope) == chatWrite }

// said is the name of Slack's error. Messages say it; the log adds the status.
type said struct {
	name   string
	status int
}

// Error is the status.
func (s said) Error() string { return fmt.Sprintf("HTTP %d", s.status) }

// nameOf is the name that Slack gave an error, "" if it gave none.
func nameOf(err error) string {
	s, _ := errors.AsType[said](err)
	return s.name
}

// done: what was to be is so already.
func done(method, name string) bool {
	switch method {
	case "reactions.add":
		return name == "already_reacted"
	case "reactions.remove":
		return name == "no_reaction"
	case "chat.delete":
		return name == "message_not_found"
	case "chat.postMessage":
		// One with this client_msg_id was there before, and is gone since.
		return name == "duplicate_message_not_found" || name == "duplicate_channel_not_found"
	}
	return false
}

// unreadable is an answer that is not the Web API's: a proxy's, as a rule.
func unreadable(r *http.Response) *platform.Error {
	e := &platform.Error{
		Code: envelope.CodeUnknown, Sent: platform.SentUnknown,
		Message: fmt.Sprintf("Slack answered %d with something that is not its API's", r.StatusCode),
	}
	switch {
	case r.StatusCode == http.StatusTooManyRequests:
		e.Code, e.Sent, e.Gate = envelope.CodeRateLimited, platform.SentNo, platform.GateChannel
		e.RetryAfter = max(retry.After(r.Header, time.Now()), time.Second)
	case r.StatusCode >= 300 && r.StatusCode < 500:
		e.Code, e.Sent = envelope.CodeTransient, platform.SentNo
	}
	return e
}

// harmless takes back the doubt about a request that shows nothing to anybody.
func harmless(err error) *platform.Error {
	e := *platform.AsError(err)
	if e.Sent != platform.SentNo && (e.Code == envelope.CodeUnknown || e.Code == envelope.CodeInternal) {
		e.Code = envelope.CodeTransient
	}
	e.Sent = platform.SentNo
	return &e
}
