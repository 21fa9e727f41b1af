// Package platform is the door between the gateway and one chat platform.
//
// An adapter implements Adapter, whose required part is small, and whatever
// optional interfaces its platform can honour. It never sees Redis: what it
// must remember or tell goes through its Host. Plan is pure; Do has the effect.
package platform

import (
	"context"
	"net/http"
	"time"

	"github.com/posternhq/postern/envelope"
)

// Adapter is one account on one platform.
//
// Identity, Capabilities, Plan and Do are called concurrently. Do is never
// called before the adapter has told its Host StateReady, nor after Close.
type Adapter interface {
	// Identity says who we are on the platform. It may be empty before Open.
	Identity() Identity

	// Capabilities says what the platform can do, as data. It never changes
	// while the adapter is open.
	Capabilities() Capabilities

	// Open connects. It returns once the connection is being held (ready or
	// not: Host.State tells) or cannot be; the connection then lives until
	// Close, not until ctx ends.
	Open(ctx context.Context, host Host) error

	// Close ends the connection and everything that Open started, and waits
	// for it. It is safe to call twice, and without Open.
	Close(ctx context.Context) error

	// Plan renders an operation into the requests that carry it out, in
	// order. It is pure: no clock, no network, the same answer every time.
	// An error is an *Error with SentNo.
	Plan(op Operation) ([]Part, error)

	// Do performs one part. An error is an *Error, whose Sent says whether
	// the platform may have acted on it; any other error reads as SentUnknown.
	// ctx ends when the right to send does: see Permit.
	Do(ctx context.Context, part Part) (Result, error)
}

// HookHandler is an adapter that takes the platform's own callbacks, mounted
// at /hooks/<platform>. It authenticates them itself. It is called on every
// node once Open has returned.
type HookHandler interface {
	ServeHook(w http.ResponseWriter, r *http.Request)
}

// PageHandler is an adapter with pages of its own for people, mounted at
// /chat/<platform> and all below. It lets in whom it will. It is called on
// every node once Open has returned. A file that may take longer than the
// server's 30 s has its deadlines set by http.ResponseController.
type PageHandler interface {
	ServePage(w http.ResponseWriter, r *http.Request)
}

// ChannelReader is an adapter that can describe one channel.
type ChannelReader interface {
	Channel(ctx context.Context, id string) (Channel, error)
}

// ChannelLister is an adapter that can list the channels it sees.
type ChannelLister interface {
	Channels(ctx context.Context) ([]Channel, error)
}

// Identity is who we are on a platform.
type Identity struct {
	Platform    string `json:"platform"`
	UserID      string `json:"user_id"`
	DisplayName string `json:"display_name,omitempty"`
	Mention     string `json:"mention,omitempty"` // how a user mentions us
}

// Channel is a place where messages can go.
type Channel struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	GuildID string `json:"guild_id,omitempty"`
	IsDM    bool   `json:"is_dm"`
}

// Operation is one visible thing to do, ready to plan. The envelope is
// normalized (a file or buttons has become a message) and belongs to the
// reader: an adapter does not change it.
type Operation struct {
	Envelope *envelope.Outbound

	// Key names this operation for ever: the message_key, else the entry id.
	Key string

	// Targets are the platform's ids of the message an edit, a delete or a
	// reaction is for, one per part of it, in order, "" for one that has none or
	// is gone. For a stream they are the message as it stands, none before it is
	// made: the envelope's text then takes the place of theirs.
	//
	// The nth part of an edit or a stream is for the nth target, for later
	// Targets are kept by that number; for one that is "", it asks nothing of the
	// platform, unless no target follows. What makes messages comes after them.
	Targets []string
}

// Part is one request to a platform: rendered, self-contained, storable.
type Part struct {
	// Key is the idempotency key for the platform: a pure function of the
	// operation's key, its target and the part's index. Filled in by
	// Number; the same over every retry and every node.
	Key string `json:"key"`

	Type      envelope.Type `json:"type"`
	ChannelID string        `json:"channel_id,omitempty"`
	ThreadID  string        `json:"thread_id,omitempty"`
	Index     int           `json:"index"` // from 0
	Count     int           `json:"count"`
	Body      []byte        `json:"body"` // the adapter's own rendering

	// Makes: this part of an edit or a stream makes a message more, for text
	// that has outgrown those that are there. Doing it again makes another,
	// whatever Capabilities.Idempotent says of its type.
	Makes bool `json:"makes,omitempty"`

	// Keyless: the platform keeps no key of this one part, although it does of
	// others (Capabilities.NativeKey).
	Keyless bool `json:"keyless,omitempty"`
}

// Result is what the platform answered to one part.
type Result struct {
	MessageID string   // the platform's id of what was made; "" if it has none
	Warnings  []string // what was not honoured in full

	// Gone: the message that this part of an edit or a stream was for is no
	// more, since the text has no need of it. No later Targets name it.
	Gone bool

	// Pauses are the gates to keep shut for a while, so that the platform need
	// not refuse what comes next: what it announced in its answer, or what its
	// published limits come to.
	Pauses []Pause
}

// Pause keeps a gate shut, as a rate limit does that the platform spoke of.
type Pause struct {
	Gate Gate
	For  time.Duration
}
