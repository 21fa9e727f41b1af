package telegram

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/retry"
)

// refusal classes an answer that says no:
//
//	401                              auth: the token is not, or no longer, a bot's
//	403                              forbidden: blocked, kicked, not a member
//	400 … not found, thread, chat    not_found
//	400 … too long, too big, 413     too_large
//	400 chat was upgraded            not_found, with the new chat's id
//	400, 404 otherwise               invalid: dead
//	409                              transient: another poller, or a webhook
//	429                              rate_limited, for parameters.retry_after
//	5xx                              unknown: Telegram may have acted on it
//
// Only Description tells most of them apart; the texts are those of the server
// that Telegram publishes (tdlib/telegram-bot-api).
func refusal(r *http.Response, a answer) *platform.Error {
	status := a.ErrorCode
	e := &platform.Error{Sent: platform.SentNo, Message: fmt.Sprintf("Telegram answered %d: %.300s", status, a.Description)}
	said := strings.ToLower(a.Description)
	has := func(texts ...string) bool {
		for _, t := range texts {
			if strings.Contains(said, t) {
				return true
			}
		}
		return false
	}
	switch {
	case status == http.StatusTooManyRequests:
		e.Code, e.Gate = envelope.CodeRateLimited, platform.GateChannel
		if e.RetryAfter = retry.Seconds(a.Parameters.RetryAfter); e.RetryAfter == 0 {
			e.RetryAfter = max(retry.After(r.Header, time.Now()), time.Second)
		}
	case status == http.StatusUnauthorized, status == http.StatusNotFound && a.Description == "Not Found":
		e.Code = envelope.CodeAuth // a token of the right form that nobody has is "Not Found"
	case status == http.StatusForbidden:
		e.Code = envelope.CodeForbidden
	case status == http.StatusConflict:
		e.Code = envelope.CodeTransient
	case status >= http.StatusInternalServerError:
		e.Code, e.Sent = envelope.CodeUnknown, platform.SentUnknown
	case a.Parameters.MigrateTo != 0:
		e.Code, e.Field = envelope.CodeNotFound, "channel_id"
		e.Message = fmt.Sprintf("the group became a supergroup with another id: publish to channel_id %d", a.Parameters.MigrateTo)
	case status == http.StatusRequestEntityTooLarge, has("too long", "too big", "too large"):
		e.Code = envelope.CodeTooLarge
	case has("thread not found", "topic_closed", "topic_deleted"):
		e.Code, e.Field = envelope.CodeNotFound, "thread_id"
	case has("chat not found", "user not found", "peer_id_invalid"):
		e.Code, e.Field = envelope.CodeNotFound, "channel_id"
	case has("not found", "message_id_invalid"):
		e.Code = envelope.CodeNotFound
	case has("not enough rights", "have no rights", "need administrator rights", "can't be edited", "can't be deleted", "chat_write_forbidden", "chat_restricted"):
		e.Code = envelope.CodeForbidden
	default:
		e.Code = envelope.CodeInvalid
	}
	return e
}

// unreadable is an answer that is not the Bot API's, which says no only with a
// code: a proxy's, as a rule, be it JSON. What that refuses says nothing about
// the operation, and is tried again.
func unreadable(status int) *platform.Error {
	e := &platform.Error{
		Code: envelope.CodeUnknown, Sent: platform.SentUnknown,
		Message: fmt.Sprintf("Telegram answered %d with something that is not its API's", status),
	}
	if status == http.StatusTooManyRequests || status >= 400 && status < 500 {
		e.Code, e.Sent = envelope.CodeTransient, platform.SentNo
	}
	return e
}

// floods tells how far a 429 reaches, which Telegram does not say: it is the
// chat's, unless another chat was refused too, whose time is not over.
type floods struct {
	mutex sync.Mutex
	chat  string
	until time.Time
}

func (f *floods) reach(chat string, wait time.Duration, now time.Time) platform.Gate {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.chat != "" && f.chat != chat && now.Before(f.until) {
		return platform.GateAccount
	}
	f.chat, f.until = chat, now.Add(wait)
	return platform.GateChannel
}
