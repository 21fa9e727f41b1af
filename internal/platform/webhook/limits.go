package webhook

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

const (
	maxAnswer    = 64 << 10        // bytes read of a receiver's answer
	maxMessageID = 512             // bytes of the message_id in it
	maxEvent     = 1 << 20         // bytes of one posted event
	tolerance    = 5 * time.Minute // how far a posted event's webhook-timestamp may be off
)

// notAsked is why a receiver cannot be asked.
const notAsked = "a receiver is told, and not asked"

// capabilities: a receiver is handed every visible field as it stands, so all
// are honoured in full; what typing and presence ask for is not visible.
func capabilities(idempotent bool) platform.Capabilities {
	return platform.Capabilities{
		Types: map[envelope.Type]platform.Level{
			envelope.TypeMessage:  platform.Full,
			envelope.TypeEdit:     platform.Full,
			envelope.TypeDelete:   platform.Full,
			envelope.TypeReaction: platform.Full,
		},
		Fields: map[string]platform.Level{
			"thread_id":      platform.Full,
			"text":           platform.Full,
			"format":         platform.Full,
			"reply_to":       platform.Full,
			"silent":         platform.Full,
			"mentions":       platform.Full,
			"attachments":    platform.Full,
			"view":           platform.Full,
			"interaction_id": platform.Full,
			"ephemeral":      platform.Full,
			"message_id":     platform.Full,
			"target_key":     platform.Full,
			"emoji":          platform.Full,
			"remove":         platform.Full,
			"native":         platform.Full,
		},
		Notes: map[string]string{
			"typing":        "a receiver is posted what can be seen",
			"presence":      "a receiver is posted what can be seen",
			"stream":        "as a message and edits of it",
			"active":        "typing is not posted",
			"ttl":           "typing is not posted",
			"status":        "presence is not posted",
			"activity":      "presence is not posted",
			"channel":       notAsked,
			"channels":      notAsked,
			"user":          notAsked,
			"members":       notAsked,
			"open_dm":       notAsked,
			"fetch_history": notAsked,
			"fetch_message": notAsked,
			"platform_call": notAsked,
		},
		Media:      map[string]platform.Level{"data": platform.Full, "url": platform.Full, "blob": platform.Full},
		NativeKey:  idempotent,
		Idempotent: []envelope.Type{envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction},
	}
}
