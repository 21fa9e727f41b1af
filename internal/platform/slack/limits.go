package slack

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/platform"
)

// What Slack takes, by its reference (docs.slack.dev) unless said otherwise.
const (
	// maxText is what Slack calls the best length of a message
	// (docs.slack.dev/reference/methods/chat.postMessage), and what an edit may
	// have: chat.update refuses a longer one, msg_too_long. In code points.
	maxText = 4000

	// maxBlocks is for all blocks of a message, as JSON, in code points. It is
	// not documented: msg_blocks_too_long comes a little above 12,000, by
	// observation (github.com/slackapi/bolt-js/issues/2509).
	maxBlocks = 12000

	maxRows     = 48   // of buttons: 50 blocks a message, less the text's
	maxElements = 25   // in one row
	maxLabel    = 75   // of a button, code points
	maxValue    = 2000 // of a button, code points
	maxOption   = 150  // the value of a select's option, code points
	maxOptions  = 100  // of a select

	maxUpload   = 1 << 30   // bytes: slack.com/help/articles/201330736
	maxDownload = 256 << 20 // bytes of a file that comes in: ours; media.max_size may be less

	// statusLasts is how long a status stands without a message
	// (docs.slack.dev/reference/methods/assistant.threads.setStatus).
	statusLasts = 2 * time.Minute

	answerLasts  = 30 * time.Minute // response_url: docs.slack.dev/interactivity/handling-user-interaction
	triggerLasts = 3 * time.Second  // trigger_id: likewise

	// readBackLag is how long a message may take to show in its channel's
	// history. Slack names no number; it is there at once, as a rule.
	readBackLag = 2 * time.Second

	// shareLag is how long the message that files are shared in may take to show:
	// Slack makes it after it has answered, once it has looked the files through
	// (github.com/slackapi/bolt-js/issues/2115, python-slack-sdk/issues/1277). It
	// names no number; this one is ours.
	shareLag = 30 * time.Second

	// shareLook is how often it is looked for meanwhile.
	shareLook = 5 * time.Second

	// clockSkew is how far Slack's clock may be off from Redis'.
	clockSkew = 2 * time.Minute
)

func capabilities() platform.Capabilities {
	full, partial := platform.Full, platform.Partial
	return platform.Capabilities{
		Types: map[envelope.Type]platform.Level{
			envelope.TypeMessage:  full,
			envelope.TypeEdit:     full,
			envelope.TypeDelete:   full,
			envelope.TypeReaction: full,
			envelope.TypeTyping:   partial, // in threads
			envelope.TypePresence: partial, // online or away
			envelope.TypeStream:   full,
		},
		Fields: map[string]platform.Level{
			"thread_id": full, "text": full, "format": full, "mentions": full, "attachments": full, "view": full, "native": full,
			"reply_to":       partial, // in the thread of that message, shown in the channel too
			"interaction_id": full, "ephemeral": partial,
			"message_id": full, "target_key": full, "emoji": full, "remove": full,
			"active": full, "ttl": full, "status": partial,
			"stream_id": full, "seq": full, "final": full,
		},
		Media: map[string]platform.Level{"data": full, "blob": full, "url": full},
		Notes: map[string]string{
			"typing":    "a status below a thread; Slack has none outside of threads",
			"presence":  "online or away; idle, dnd and offline are away",
			"status":    "online or away; idle, dnd and offline are away",
			"activity":  "bots cannot set a status text",
			"reply_to":  "Slack has no replies outside of threads: it goes into that message's thread and is shown in the channel too",
			"silent":    "Slack has no silent messages",
			"ephemeral": "with interaction_id, or native.user; it has no id, and cannot be edited",
			"members":   "the names of the first 50; of others the id",
		},
		MaxText:        maxText,
		TextUnit:       platform.CodePoints,
		MaxAttachments: planning.MaxParts,
		MaxAttachment:  maxUpload,
		ReadBack:       []envelope.Type{envelope.TypeMessage, envelope.TypeEdit, envelope.TypeStream},
		ReadBackLag:    readBackLag.Seconds(),
		Idempotent: []envelope.Type{
			envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction, envelope.TypeTyping, envelope.TypePresence, envelope.TypeStream,
		},
	}
}
