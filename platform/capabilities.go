package platform

import "github.com/posternhq/postern/envelope"

// Level is how well a feature is honoured.
type Level int8

// The levels. Only Partial and Full count as honoured under "requires".
const (
	Rejected    Level = -2 // the operation is refused because of it
	Dropped     Level = -1 // left out, with a warning
	Unsupported Level = 0  // not honoured; what it asked for is not done
	Partial     Level = 1  // honoured with limits
	Full        Level = 2
)

// Capabilities is what a platform can do, as data with numbers: any worker
// can read it, from the hash postern:platform:<name> or by RPC.
type Capabilities struct {
	// Types are the envelope types honoured; one that is absent is Unsupported.
	// typing and presence that are not honoured end as superseded. Without
	// stream, a stream comes as a message and then edits of it, and without
	// edit either, as one message when it is final.
	Types map[envelope.Type]Level `json:"types"`

	// Fields are the optional envelope fields honoured, by their wire names:
	// thread_id, reply_to, silent, mentions, attachments, view, native,
	// interaction_id, ephemeral, format ... One that is absent is Unsupported:
	// left out with a warning, or refused under "requires".
	Fields map[string]Level `json:"fields"`

	// Media are the ways a medium may be given: data, url, blob. A message
	// with one that is absent is dead, unsupported. Where blob is honoured, url
	// is too, listed or not: the gateway fetches it, and the adapter sees a blob.
	Media map[string]Level `json:"media,omitempty"`

	// Notes say why something is not honoured, or only in part: a sentence each,
	// by the name of the type, the field or the RPC method.
	Notes map[string]string `json:"notes,omitempty"`

	MaxText        int      `json:"max_text,omitempty"` // per part, in TextUnit; 0 = no limit
	TextUnit       TextUnit `json:"text_unit,omitempty"`
	MaxAttachments int      `json:"max_attachments,omitempty"`
	MaxAttachment  int64    `json:"max_attachment,omitempty"` // bytes

	// NativeKey: the platform keeps Part.Key and makes nothing new for one it
	// has seen. KeyWindow is for how long, in seconds; 0 with NativeKey is for
	// ever.
	NativeKey bool    `json:"native_key"`
	KeyWindow float64 `json:"key_window,omitempty"`

	// ReadBack lists the types that the adapter, a Finder, can look for after
	// the answer to one was lost. What the platform took, it shows within
	// ReadBackLag, in seconds.
	ReadBack    []envelope.Type `json:"read_back,omitempty"`
	ReadBackLag float64         `json:"read_back_lag,omitempty"`

	// Idempotent lists the types that set a state, so that doing one again
	// changes nothing (an edit, a delete, a reaction).
	Idempotent []envelope.Type `json:"idempotent,omitempty"`

	// LeaseBound: the connection is opened with the platform's lease and
	// closed with it. Otherwise it is open on every node.
	LeaseBound bool `json:"lease_bound"`
}

// TextUnit is what MaxText counts.
type TextUnit string

// The units platforms count text in.
const (
	Bytes      TextUnit = "bytes"
	CodePoints TextUnit = "code_points"
	UTF16      TextUnit = "utf16"
)
