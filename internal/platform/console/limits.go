package console

import (
	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// maxLine is the most bytes of one typed line; a longer one is not published.
const maxLine = 64 << 10

// noOne is why a terminal cannot be asked.
const noOne = "there is nobody to ask but who sits there"

// capabilities: a terminal shows that a file came, not what is in it, and
// Markdown as it is written. It has no key: a crash between the print and our
// record of it prints the message again. What only sets a state may be shown
// twice without harm.
func capabilities() platform.Capabilities {
	return platform.Capabilities{
		Types: map[envelope.Type]platform.Level{
			envelope.TypeMessage:  platform.Full,
			envelope.TypeEdit:     platform.Full,
			envelope.TypeDelete:   platform.Full,
			envelope.TypeReaction: platform.Full,
			envelope.TypeTyping:   platform.Full,
			envelope.TypePresence: platform.Full,
		},
		Fields: map[string]platform.Level{
			"thread_id":   platform.Full,
			"text":        platform.Full,
			"format":      platform.Partial,
			"reply_to":    platform.Full,
			"silent":      platform.Full, // nothing here makes a sound
			"attachments": platform.Partial,
			"view":        platform.Full,
			"message_id":  platform.Full,
			"target_key":  platform.Full,
			"emoji":       platform.Full,
			"remove":      platform.Full,
			"active":      platform.Full,
			"status":      platform.Full,
			"activity":    platform.Full,
		},
		Notes: map[string]string{
			"format":         "Markdown is shown as it is written",
			"attachments":    "a file is told of, and not shown",
			"stream":         "as a message and edits of it",
			"mentions":       "a terminal pings nobody",
			"interaction_id": "an answer is a line of its own",
			"ephemeral":      "a terminal has one reader",
			"native":         "a terminal has no API",
			"ttl":            "what is printed stays",
			"channel":        noOne,
			"channels":       noOne,
			"user":           noOne,
			"members":        noOne,
			"open_dm":        noOne,
			"fetch_history":  noOne,
			"fetch_message":  noOne,
			"platform_call":  "a terminal has no API",
		},
		Media: map[string]platform.Level{"data": platform.Partial, "url": platform.Partial},
		Idempotent: []envelope.Type{
			envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction, envelope.TypeTyping, envelope.TypePresence,
		},
	}
}
