package discord

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/platform"
)

// What Discord takes (docs.discord.com/developers/resources/message unless said
// otherwise).
const (
	// maxText is in code points: the API is Python, by Discord's own word
	// (github.com/discord/discord-api-docs/issues/1315).
	maxText     = 2000
	maxFiles    = 10
	maxRequest  = 25 << 20 // bytes of files in one request
	maxMentions = 100      // of allowed_mentions

	// docs.discord.com/developers/components/reference
	maxRows     = 5
	maxInRow    = 5
	maxLabel    = 80
	maxCustomID = 100

	// A nonce is kept for "the past few minutes"; how many is not published. One
	// is sure.
	keyWindow = 60

	// docs.discord.com/developers/resources/channel#trigger-typing-indicator
	typingLasts   = 10 * time.Second
	typingRenewed = 8 * time.Second

	// docs.discord.com/developers/interactions/receiving-and-responding
	interactionWaits = 3 * time.Second
	interactionLasts = 15 * time.Minute

	maxDownload = 100 << 20 // bytes of a file that somebody sent: ours
)

func capabilities(maxFile int64) platform.Capabilities {
	return platform.Capabilities{
		Types: map[envelope.Type]platform.Level{
			envelope.TypeMessage:  platform.Full,
			envelope.TypeEdit:     platform.Full,
			envelope.TypeDelete:   platform.Full,
			envelope.TypeReaction: platform.Full,
			envelope.TypeTyping:   platform.Full,
			envelope.TypePresence: platform.Full,
			envelope.TypeStream:   platform.Full,
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
			"ephemeral":      platform.Partial, // only with interaction_id
			"message_id":     platform.Full,
			"target_key":     platform.Full,
			"emoji":          platform.Full,
			"remove":         platform.Full,
			"native":         platform.Full,
			"active":         platform.Partial, // it ends by itself, within 10 s
			"ttl":            platform.Full,
			"status":         platform.Full,
			"activity":       platform.Full,
			"stream_id":      platform.Full,
			"seq":            platform.Full,
			"final":          platform.Full,
		},
		Media: map[string]platform.Level{"data": platform.Full, "blob": platform.Full, "url": platform.Full},
		Notes: map[string]string{
			"ephemeral": "with an interaction_id: Discord shows to one person alone what answers that person's click or command",
			"active":    "Discord shows typing for up to 10 s after it ended",
			"members":   "who is in a thread or a direct conversation; of a channel its server's members, with the intent guild_members",
		},
		MaxText:        maxText,
		TextUnit:       platform.CodePoints,
		MaxAttachments: planning.MaxParts * maxFiles,
		MaxAttachment:  maxFile,
		NativeKey:      true,
		KeyWindow:      keyWindow,
		Idempotent: []envelope.Type{
			envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction, envelope.TypeTyping, envelope.TypePresence, envelope.TypeStream,
		},
		LeaseBound: true, // a session bears one connection
	}
}
