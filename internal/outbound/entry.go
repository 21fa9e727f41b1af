package outbound

import (
	"math"
	"strconv"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/platform"
)

// entry is one entry that this node holds: in flight, in a lane, or waiting.
// Beyond a bounded window it waits without its letter, which is read again in
// its turn.
//
// It has one owner at a time, and so no lock: the reader until it is handed
// over, the desk while it waits, its courier or clerk from dispatch until its
// outcome is told.
type entry struct {
	id     bus.ID
	lane   string
	key    string // message_key or stream_id; "" if it has none
	letter *letter
	rpc    bool
	rank   delivery.Rank
	trial  *trial    // nil before its first turn
	snap   *snapshot // nil if it is none of a stream

	windowed int  // bytes it counts for in the window; 0 = not in it
	aside    bool // in no lane until its target comes to an end
	apart    bool // in no lane, and not counted with those that are
}

// trial is what this tenure went through with an entry.
type trial struct {
	claimed    bool
	claim      bus.Claim
	marked     bool   // the open part is marked as on its way, and nothing of it was sent yet
	packed     bool   // the claim lies in Redis as it was taken
	adopt      string // the entry, gone, whose claim this one takes over
	behind     bus.ID // its target, which was put aside and so it was
	attempts   int
	unrecorded bool // the part before the open one is there, and Redis does not know it yet
	retried    bool // and that was logged
	doubtful   bool // something of it may be there twice
	again      bool // the open part, which may be there, goes out again because that makes nothing new
	begins     bool // of a snapshot: the next mark begins its operation
	inquiry    inquiry
	failure    string // the last attempt's, in the adapter's words
	pauses     []pause
}

// pause is a gate that the platform asked to be shut with what it took; the
// desk is not told yet.
type pause struct {
	gate  string
	until time.Time
}

// takePauses hands out what the desk is not told yet.
func (t *trial) takePauses() []pause {
	if t == nil {
		return nil
	}
	told := t.pauses
	t.pauses = nil
	return told
}

// begun reports whether something of an entry's operation may be there, or
// that is not known.
func (e *entry) begun() bool {
	if e.trial == nil {
		return false
	}
	return !e.trial.claimed || e.trial.claim.State == bus.ClaimSending || e.trial.claim.Part > 0
}

// letter is a decoded entry.
type letter struct {
	env      *envelope.Outbound // normalized
	encoding envelope.Encoding
	warnings []string
	fault    *envelope.Error // why it can never be delivered
	nothing  bool            // nothing to do for it on this platform
	digest   string
	data     []byte
	ts       string // when it was published, in unix seconds; "" = as its id says
	traceID  string
	root     string // the first entry of this envelope, over replays
	replayed bool
	claim    string // its claim's key, once it was asked for
}

// opener decodes entries of one platform's stream.
type opener struct {
	platform string
	stream   *bus.Stream
	limits   envelope.Limits
	caps     platform.Capabilities
}

// open decodes an entry and holds it against the contract and the platform.
// It never fails: what is wrong with it is in the letter.
func (o *opener) open(m bus.Message) *entry {
	data, there := m.Fields.Get("data")
	l := &letter{data: []byte(data), root: m.ID.String()}
	l.ts, _ = m.Fields.Get("ts")
	l.traceID, _ = m.Fields.Get("trace_id")
	if root, replayed := m.Fields.Get("replay_of"); replayed {
		if _, err := bus.ParseID(root); err == nil {
			l.root, l.replayed = root, true
		}
	}
	var decoded envelope.Decoded
	if there {
		decoded, l.fault = envelope.DecodeOutbound(l.data, o.limits)
	} else {
		decoded.Envelope, l.fault = &envelope.Outbound{}, envelope.MissingData()
	}
	l.env, l.encoding, l.warnings = decoded.Envelope.Normal(), decoded.Encoding, decoded.Warnings
	if l.env.TraceID != "" {
		l.traceID = l.env.TraceID
	}
	if l.fault == nil {
		o.admit(l)
	}
	e := &entry{id: m.ID, letter: l, rpc: l.env.Type == envelope.TypeRPC, rank: delivery.RankOf(l.env)}
	if l.fault == nil {
		e.key, e.snap = l.env.MessageKey, snapshotOf(l.env)
		if e.snap != nil {
			e.key = l.env.StreamID
		}
		l.digest = digestOf(l.env)
	}
	if e.lane = laneOf(l.env.ChannelID, l.env.ThreadID); e.rpc {
		e.lane = "rpc " + m.ID.String() // one of its own: nobody waits for it, nor it for others
	}
	return e
}

// admit checks what only this platform's gateway can know.
func (o *opener) admit(l *letter) {
	if p := l.env.Platform; p != "" && p != o.platform {
		l.fault = &envelope.Error{
			Code: envelope.CodeInvalid, Field: "platform",
			Message: "says " + strconv.Quote(p) + ", but this is the stream of " + strconv.Quote(o.platform) +
				": publish it to " + o.stream.Names.Outbound(p),
		}
		return
	}
	if l.env.Type == envelope.TypeRPC {
		if q := l.env.ReplyQueue; !o.stream.Names.ReplyAllowed(o.stream.Name, q) {
			l.fault = &envelope.Error{
				Code: envelope.CodeInvalid, Field: "reply_queue",
				Message: "a list of this name is not allowed: begin it with " + envelope.Beside(o.stream.Name, "reply:") +
					" or " + o.stream.Names.Namespace + ":reply:, or allow its prefix in wire.reply_prefixes",
			}
		}
	}
	if l.fault != nil {
		return
	}
	a := delivery.Admit(l.env, o.caps)
	l.fault, l.nothing = a.Refused, a.Superseded
	l.warnings = append(l.warnings, a.Warnings...)
}

// laneOf names the lane of an address. The lengths keep "a","b" apart from
// "ab","".
func laneOf(channel, thread string) string {
	return strconv.Itoa(len(channel)) + ":" + channel + thread
}

// claimKey is the key of the entry's claim: its message key's, its request's,
// or its own.
func (o *opener) claimKey(e *entry) string {
	if e.letter.claim != "" {
		return e.letter.claim
	}
	switch {
	case e.rpc:
		e.letter.claim = o.stream.RequestClaim(e.letter.env.RequestID)
	case e.key != "":
		e.letter.claim = o.stream.MessageClaim(e.key)
	default:
		e.letter.claim = o.stream.EntryClaim(e.letter.root)
	}
	return e.letter.claim
}

// text is the entry's id as Redis writes it.
func (e *entry) text() string {
	if e.letter != nil && !e.letter.replayed {
		return e.letter.root
	}
	return e.id.String()
}

// name is what names the operation for ever, to the platform.
func (e *entry) name() string {
	if e.key != "" {
		return "k" + e.key
	}
	return "e" + e.letter.root
}

// since is when the envelope was published or replayed, or might be started,
// whichever is latest.
func (e *entry) since() time.Time {
	published, from := e.id.Time(), unixTime(e.letter.env.NotBefore)
	if from.After(published) {
		return from
	}
	return published
}

// due is until when the entry is put aside: until it may be started, or must
// not be any more. Zero: it never was to wait.
func (e *entry) due() time.Time {
	env := e.letter.env
	if env.NotBefore <= 0 {
		return time.Time{}
	}
	if env.ExpiresAt > 0 && env.ExpiresAt < env.NotBefore && !e.letter.replayed {
		return unixTime(env.ExpiresAt)
	}
	return unixTime(env.NotBefore)
}

func unixTime(seconds float64) time.Time { return time.UnixMilli(int64(math.Ceil(seconds * 1000))) }

// messageKey is what a receipt calls the entry by.
func (l *letter) messageKey() string {
	if l.env.Type == envelope.TypeStream {
		return l.env.StreamID
	}
	return l.env.MessageKey
}

// expiresAt is when it must not be started any more; zero if never. A replay
// has none of its own.
func (e *entry) expiresAt(maxAge time.Duration) time.Time {
	end := e.since().Add(maxAge)
	if at := e.letter.env.ExpiresAt; at > 0 && !e.letter.replayed {
		if t := time.UnixMilli(int64(at * 1000)); t.Before(end) {
			end = t
		}
	}
	return end
}

// names say which entry a line of the log is about: what it has of them.
func (e *entry) names() []any {
	out := []any{"entry", e.text()}
	for _, n := range []struct{ name, value string }{
		{"message_key", e.letter.messageKey()},
		{"channel_id", e.letter.env.ChannelID},
		{"thread_id", e.letter.env.ThreadID},
		{"trace_id", e.letter.traceID},
		{"traceparent", e.letter.env.Traceparent},
	} {
		if n.value != "" {
			out = append(out, n.name, n.value)
		}
	}
	return out
}
