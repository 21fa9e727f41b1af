package telegram

import (
	"slices"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// What the Bot API takes, by its reference (core.telegram.org/bots/api, 10.1)
// unless said otherwise.
const (
	maxText       = 4096 // UTF-16 units, after entities are parsed
	maxCaption    = 1024 // likewise
	maxEntities   = 100  // more are left out, by observation of python-telegram-bot
	maxCallback   = 64   // bytes of callback_data
	maxButtons    = 100  // by observation
	maxUpload     = 50 << 20
	maxPhoto      = 10 << 20
	maxDownload   = 20 << 20
	typingLasts   = 5 * time.Second
	typingRenewed = 4 * time.Second
)

func capabilities(webhook bool) platform.Capabilities {
	return platform.Capabilities{
		Types: map[envelope.Type]platform.Level{
			envelope.TypeMessage:  platform.Full,
			envelope.TypeEdit:     platform.Full,
			envelope.TypeDelete:   platform.Partial, // for 48 hours
			envelope.TypeReaction: platform.Partial, // one of a bot on each message, of a fixed set
			envelope.TypeTyping:   platform.Full,
			envelope.TypeStream:   platform.Full,
		},
		Fields: map[string]platform.Level{
			"thread_id":      platform.Full,
			"text":           platform.Full,
			"format":         platform.Full,
			"reply_to":       platform.Full,
			"silent":         platform.Full,
			"mentions":       platform.Partial, // @names are broken by an invisible joiner
			"attachments":    platform.Full,
			"view":           platform.Full,
			"interaction_id": platform.Partial, // answered as a message of its own
			"message_id":     platform.Full,
			"target_key":     platform.Full,
			"emoji":          platform.Full,
			"remove":         platform.Full,
			"native":         platform.Full,
			"active":         platform.Partial, // it ends by itself, within 5 s
			"ttl":            platform.Full,
			"stream_id":      platform.Full,
			"seq":            platform.Full,
			"final":          platform.Full,
		},
		Media: map[string]platform.Level{"data": platform.Full, "blob": platform.Full, "url": platform.Full},
		Notes: map[string]string{
			"delete":         "for 48 hours, by Telegram's rule",
			"reaction":       "one of a bot on each message, of Telegram's set or custom:<id>; another takes its place",
			"presence":       "the Bot API has none",
			"mentions":       "names with @ are broken by a letter that cannot be seen, the only way not to ping them",
			"interaction_id": "the button is acknowledged at once; an answer is a message of its own",
			"ephemeral":      "the Bot API has no messages for one person in a group",
			"active":         "Telegram shows typing for up to 5 s after it ended",
			"status":         "the Bot API has no presence",
			"activity":       "the Bot API has no presence",
			"channels":       "bots are not told where they are",
			"members":        "the administrators; bots are told of no others",
			"fetch_history":  "bots cannot read a chat's past",
			"fetch_message":  "bots cannot read a chat's past",
		},
		MaxText:        maxText,
		TextUnit:       platform.UTF16,
		MaxAttachments: planning.MaxParts,
		MaxAttachment:  maxUpload,
		Idempotent:     []envelope.Type{envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction, envelope.TypeTyping, envelope.TypeStream},
		LeaseBound:     !webhook, // a second poller ends the first one's poll with 409
	}
}

// rate is so many requests within a time.
type rate struct {
	many int
	per  time.Duration
}

// The published rates (core.telegram.org/bots/faq): about one message a second
// in one chat, 20 a minute in a group, 30 a second in all. Edits count too. A
// little is added for clocks that do not run alike.
func published() limits {
	return limits{
		chat:    rate{1, 1005 * time.Millisecond},
		group:   rate{20, 60*time.Second + 200*time.Millisecond},
		account: rate{30, 1005 * time.Millisecond},
	}
}

// limits are the rates to keep to. A zero one bounds nothing.
type limits struct{ chat, group, account rate }

// rates knows when this node sent what, and so when the next may follow. The
// gateway keeps the gates that it asks for over a take-over.
type rates struct {
	limits  limits
	mutex   sync.Mutex
	account log
	chats   map[string]*chatLog
	sweep   int
	trips   webapi.Trips
}

// chatLog is what was sent to one chat.
type chatLog struct{ any, group log }

// log is when the last requests were made, the oldest first.
type log []time.Time

func newRates(l limits) *rates { return &rates{limits: l, chats: map[string]*chatLog{}, sweep: 1024} }

// take notes a request to a chat, or says how long its gate must stay shut
// before there can be one.
func (r *rates) take(chat string, now time.Time) (wait time.Duration, gate platform.Gate) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if wait := r.account.wait(r.limits.account, now); wait > 0 {
		return wait, platform.GateAccount
	}
	c := r.of(chat, now)
	if wait := r.waitIn(c, chat, now); wait > 0 {
		return wait, platform.GateChannel
	}
	r.account.note(r.limits.account, now)
	c.any.note(r.limits.chat, now)
	if isGroup(chat) {
		c.group.note(r.limits.group, now)
	}
	return 0, 0
}

// late puts off what follows a request by as much as that came late: took is from
// noted, when it was taken, to its answer, trip from when it left.
func (r *rates) late(chat string, noted time.Time, took, trip time.Duration) {
	late := noted.Add(r.trips.Late(took, trip))
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.account.move(noted, late)
	if c := r.chats[chat]; c != nil {
		c.any.move(noted, late)
		c.group.move(noted, late)
	}
}

// pauses are the gates that what was sent so far shuts.
func (r *rates) pauses(chat string, now time.Time) []platform.Pause {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var out []platform.Pause
	if wait := r.waitIn(r.of(chat, now), chat, now); wait > 0 {
		out = append(out, platform.Pause{Gate: platform.GateChannel, For: wait})
	}
	if wait := r.account.wait(r.limits.account, now); wait > 0 {
		out = append(out, platform.Pause{Gate: platform.GateAccount, For: wait})
	}
	return out
}

// of is a chat's log. Those that bound nothing any more are let go as more
// come.
func (r *rates) of(chat string, now time.Time) *chatLog {
	c := r.chats[chat]
	if c != nil {
		return c
	}
	if len(r.chats) >= r.sweep {
		for name, old := range r.chats {
			if last := old.any; len(last) == 0 || now.Sub(last[len(last)-1]) > max(r.limits.chat.per, r.limits.group.per) {
				delete(r.chats, name)
			}
		}
		r.sweep = max(1024, 2*len(r.chats))
	}
	c = &chatLog{}
	r.chats[chat] = c
	return c
}

func (r *rates) waitIn(c *chatLog, chat string, now time.Time) time.Duration {
	wait := c.any.wait(r.limits.chat, now)
	if isGroup(chat) {
		wait = max(wait, c.group.wait(r.limits.group, now))
	}
	return wait
}

// wait is how long it is until one more keeps within a rate.
func (l log) wait(r rate, now time.Time) time.Duration {
	if r.many == 0 || len(l) < r.many {
		return 0
	}
	return max(0, l[len(l)-r.many].Add(r.per).Sub(now))
}

// note adds a request, and forgets what no longer counts.
func (l *log) note(r rate, now time.Time) {
	*l = append(*l, now)
	if over := len(*l) - r.many; over > 0 {
		*l = append((*l)[:0], (*l)[over:]...)
	}
}

// move has a request made at another time, of those that still count.
func (l log) move(from, to time.Time) {
	if i := slices.IndexFunc(l, from.Equal); i >= 0 {
		l[i] = to
		slices.SortFunc(l, time.Time.Compare)
	}
}

// isGroup: the ids of groups and channels are negative, those of people not; a
// @name is a channel's or a group's.
func isGroup(chat string) bool { return chat != "" && (chat[0] == '-' || chat[0] == '@') }
