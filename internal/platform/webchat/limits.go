package webchat

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// What is taken, from workers and from visitors.
const (
	maxBotText   = 64 << 10 // bytes
	maxFiles     = 10       // of one message
	maxButtons   = 25       // of one message
	maxRows      = 10
	maxLabel     = 80 // characters
	maxCustomID  = 256
	maxName      = 40 // characters of a display name
	maxFilename  = 120
	maxEmojis    = 20  // different ones on one message
	maxReactors  = 200 // people with one of them
	maxDone      = 32  // frames that a message remembers: more than come within storeWithin
	maxMentions  = 50
	maxPage      = 200 // records in one answer
	maxFrameOver = 64 << 10
	maxExcerpt   = 120 // characters
	maxPeople    = 100 // named in one frame
)

// How fast one visitor's page may be, besides the settings rate and burst. A
// page that is used by a person sends a frame or two a second; one that has
// been offline, its whole outbox at once.
const (
	frameRate   = 50 // a second
	frameBurst  = 400
	uploadRate  = 1
	uploadBurst = 10
	helloRate   = 5 // rooms entered: each may tell the workers of it
	helloBurst  = 100
	olderRate   = 5 // looks into the past: each may bring frameBytes
	olderBurst  = 20

	// New sessions from one address that is not this machine's.
	sessionRate  = 1
	sessionBurst = 60
)

// timing is how long things may take; tests have it shorter.
type timing struct {
	tick    time.Duration // between two looks at people and sockets
	hello   time.Duration // from the upgrade to hello
	idle    time.Duration // without a word before a ping
	pong    time.Duration // from ping to pong
	write   time.Duration // one frame on its way out
	flood   time.Duration // of being throttled without a pause
	linger  time.Duration // from the last socket to "left"
	present time.Duration // that another node's word on who is there holds
	close   time.Duration // for a page to answer a close
}

func defaultTiming() timing {
	return timing{
		tick: 500 * time.Millisecond, hello: 10 * time.Second, idle: 30 * time.Second, pong: 20 * time.Second,
		write: 15 * time.Second, flood: 5 * time.Second, linger: 10 * time.Second, present: time.Minute, close: time.Second,
	}
}

// storeWithin bounds one call of the room store on behalf of a visitor.
const storeWithin = 5 * time.Second

// capabilities: the platform is ours, so all is honoured in full. It keeps the
// ids of what it has made as long as a room remembers them, and every node may
// write.
func capabilities() platform.Capabilities {
	full := platform.Full
	return platform.Capabilities{
		Types: map[envelope.Type]platform.Level{
			envelope.TypeMessage: full, envelope.TypeEdit: full, envelope.TypeDelete: full, envelope.TypeReaction: full,
			envelope.TypeTyping: full, envelope.TypePresence: full, envelope.TypeStream: full,
		},
		Fields: map[string]platform.Level{
			"thread_id": full, "text": full, "format": full, "reply_to": full, "silent": full, "mentions": full,
			"attachments": full, "view": full, "interaction_id": full, "ephemeral": full, "message_id": full,
			"target_key": full, "emoji": full, "remove": full, "active": full, "ttl": full, "status": full, "activity": full,
			"stream_id": full, "seq": full, "final": full,
		},
		Notes: map[string]string{
			"native":        "what a page shows, the envelope says",
			"user":          "visitors are whom they say, for as long as their page is open",
			"members":       "who is there is shown to each other, and not to workers yet",
			"open_dm":       "a direct conversation begins at its page",
			"platform_call": "there is no API but the envelope",
		},
		Media:          map[string]platform.Level{"data": full, "blob": full},
		MaxText:        maxBotText,
		TextUnit:       platform.Bytes,
		MaxAttachments: maxFiles,
		NativeKey:      true,
		KeyWindow:      platform.RoomMemory,
		Idempotent: []envelope.Type{
			envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction, envelope.TypeTyping, envelope.TypePresence,
		},
	}
}
