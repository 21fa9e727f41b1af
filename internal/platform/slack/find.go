package slack

import (
	"context"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Find looks for what Do made of a part, by the mark that came with it: in the
// metadata of a message, in the comment's block of a files message. It reads all
// that came since, page by page; Slack's clock may be a little off.
func (a *Adapter) Find(ctx context.Context, part platform.Part, since time.Time) (platform.Result, bool, error) {
	r, err := readRequest(part.Body)
	if err != nil {
		return platform.Result{}, false, err
	}
	if r.Method != post && r.Method != share {
		return platform.Result{}, false, platform.Refused(envelope.CodeUnsupported, "type",
			"Slack shows nobody what %s made", r.Method)
	}
	thread, _ := r.Params["thread_ts"].(string)
	result, found, unmarked, unread := platform.Result{}, false, false, false
	me := a.me.Load()
	err = a.since(ctx, part.ChannelID, thread, since.Add(-clockSkew), func(m *message) bool {
		unmarked = unmarked || len(m.Files) > 0 && isOurs(m, me) && !m.isMarked()
		unread = unread || m.Subtype == strange && (isOurs(m, me) || m.User == "" && m.BotID == "")
		if m.bears(part.Key) {
			result, found = platform.Result{MessageID: m.TS}, true
		}
		return !found
	})
	if err != nil {
		return platform.Result{}, false, a.cannotLook(err)
	}
	if !found && unread {
		return platform.Result{}, false, platform.Refused(envelope.CodeUnsupported, "type",
			"there is a message that cannot be read: it may be this one")
	}
	if left := a.sharedBy(since).Sub(a.now()); !found && r.Method == share && left > 0 {
		return platform.Result{}, false, &platform.Error{
			Code: envelope.CodeTransient, Sent: platform.SentNo, RetryAfter: min(left, shareLook),
			Message: "the files are not there yet; Slack may take a while to make their message",
		}
	}
	if !found && unmarked && r.Method == share {
		// Slack documents that blocks keep their ids, and not for this method.
		return platform.Result{}, false, platform.Refused(envelope.CodeUnsupported, "attachments",
			"files of ours were shared there without a mark: it may be these")
	}
	return result, found, nil
}

// sharedBy is when the message of files shows that a part begun at a time shares,
// if it ever does: a request ends with its timeout, and Slack makes the message
// after it.
func (a *Adapter) sharedBy(begun time.Time) time.Time {
	return begun.Add(a.config.timeout + shareLag)
}

// bears reports whether a message has a part's mark.
func (m *message) bears(key string) bool {
	if m.Metadata.Type == markType && m.Metadata.Payload[markKey] == key {
		return true
	}
	for i := range m.Blocks {
		if m.Blocks[i].ID == blockID(key) {
			return true
		}
	}
	return false
}

// isMarked reports whether a files message has any part's mark.
func (m *message) isMarked() bool {
	for i := range m.Blocks {
		if strings.HasPrefix(m.Blocks[i].ID, blockID("")) {
			return true
		}
	}
	return false
}

// cannotLook: where the bot may send and not read, it can never tell.
func (a *Adapter) cannotLook(err error) error {
	failure := *platform.AsError(err)
	if failure.Code == envelope.CodeForbidden {
		failure.Message += "; without it a send that got no answer cannot be looked for"
	}
	return &failure
}
