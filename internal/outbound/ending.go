package outbound

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// How long the lists that receipts and replies go to last after the first
// push.
const (
	receiptExpires = 24 * time.Hour
	replyExpires   = 120 * time.Second
)

// keptMost is how many bytes of the reply to what only reads its claim keeps.
const keptMost = 4 << 10

// ending is how an entry ends, before it is written down.
type ending struct {
	status     envelope.Status
	err        *envelope.Error
	messageIDs []string
	part       int // the part whose id is not recorded yet; -1 = none
	partID     string
	keepClaim  bool // the claim is another entry's
	answered   bool // by the platform
	reply      *envelope.Reply
	answers    bool // the reply is the request's first: kept in its claim, unless forgets
	forgets    bool // of a large reply only where it went is kept: it was only read
}

// registrar writes endings down: as receipts, replies, dead and parked
// records, all in the one settlement that finishes the entry.
type registrar struct {
	stream   *bus.Stream
	opener   *opener
	window   time.Duration // that a delivered key is remembered
	quiet    time.Duration // that a stream may stand without a snapshot
	retained time.Duration // that a dead or parked record is
	clock    *clock
	log      *slog.Logger
	meter    Meter
	mute     sync.Once
}

func newRegistrar(p parts) *registrar {
	limits := p.cfg.Limits
	return &registrar{
		stream: p.stream, opener: p.opener, window: limits.DedupeWindow, quiet: limits.StreamQuiet,
		retained: limits.DeadRetention, clock: p.clock, log: p.cfg.Log, meter: p.cfg.Meter,
	}
}

// settlement turns an ending into what Redis is told.
func (r *registrar) settlement(e *entry, end ending) bus.Settlement {
	l := e.letter
	attempts := e.trial.attempts
	receipt := envelope.Receipt{
		MessageKey: l.messageKey(), EntryID: e.text(), Status: end.status, MessageIDs: end.messageIDs,
		PossibleDuplicate: e.trial.doubtful, Attempts: attempts, Warnings: l.warnings, Error: end.err,
		At: unixSeconds(r.clock.now()),
	}
	if strings.Join(receipt.MessageIDs, "") == "" { // nothing that has an id was made, as by a typing
		receipt.MessageIDs = []string{}
	}
	if receipt.Warnings == nil {
		receipt.Warnings = []string{}
	}
	text, err := receipt.AppendJSON(make([]byte, 0, 256))
	if err != nil {
		r.log.Error("a receipt cannot be encoded", "entry", e.text(), "error", err)
	}
	var why []byte
	if end.err != nil && end.reply == nil {
		if why, err = json.Marshal(end.err); err != nil {
			r.log.Error("an error cannot be kept", "entry", e.text(), "error", err)
		}
	}
	q := bus.Settlement{
		Entry: e.text(), Fate: bus.FateKeep, Attempts: attempts,
		Part: end.part, ID: end.partID, Error: why, Receipt: text,
		Doubt: e.trial.doubtful, Open: e.open(end), Packed: e.trial.packed,
	}
	if e.trial.claimed && !end.keepClaim {
		q.Claim = r.opener.claimKey(e)
		q.Fate, q.Remember = r.fate(e, end)
	}
	if e.snap != nil && q.Claim != "" {
		q.Stream, q.Final = e.key, e.snap.Final
	}
	if e.snap != nil && e.snap.quiet { // whatever became of it, the stream has ended as it stands
		q.Untold = true
		return q
	}
	if end.answers {
		q.Reply, err = json.Marshal(answered{Queue: e.letter.env.ReplyQueue, Reply: end.reply})
		if end.forgets && len(q.Reply) > keptMost {
			q.Reply, err = json.Marshal(answered{Queue: e.letter.env.ReplyQueue})
		}
		if err != nil {
			r.log.Error("a reply cannot be kept", "entry", e.text(), "error", err)
		}
	}
	switch end.status {
	case envelope.StatusDead, envelope.StatusExpired:
		q.Record, q.Fields = bus.RecordDead, r.record(e, end, q.Claim)
	case envelope.StatusParked:
		q.Record, q.Fields = bus.RecordParked, r.record(e, end, q.Claim)
	}
	q.Pushes = r.pushes(e, receipt, end)
	return q
}

// open reports whether an ending leaves a part behind that may be there.
func (e *entry) open(end ending) bool {
	ended := end.status == envelope.StatusDead || end.status == envelope.StatusParked
	return ended && e.trial.claimed && !end.keepClaim && e.trial.claim.State == bus.ClaimSending
}

// fate is what becomes of the claim: a key is remembered if its message was
// delivered, or as long as there is a record of it. An entry without one only
// as long as there is a record.
func (r *registrar) fate(e *entry, end ending) (bus.Fate, time.Duration) {
	switch {
	case e.quiet():
		return bus.FateDone, r.window
	case end.status == envelope.StatusDead, end.status == envelope.StatusExpired:
		return bus.FateDead, r.retained
	case end.status == envelope.StatusParked:
		return bus.FateParked, r.retained
	case e.snap != nil && end.status == envelope.StatusDelivered && !e.snap.Final:
		return bus.FateGrow, r.quiet
	case e.snap != nil && end.status == envelope.StatusSuperseded:
		return bus.FateKeep, 0
	}
	if e.key == "" && !e.rpc || end.status == envelope.StatusSuperseded {
		return bus.FateDelete, 0
	}
	return bus.FateDone, r.window
}

func (r *registrar) record(e *entry, end ending, claim string) []string {
	letter := bus.Letter{
		MessageKey: e.letter.messageKey(), Attempt: strconv.Itoa(e.trial.attempts),
		Data: e.letter.data, TS: cmp.Or(e.letter.ts, strconv.FormatFloat(float64(e.id.MS)/1000, 'f', 3, 64)), TraceID: e.letter.traceID,
	}
	if end.err != nil {
		letter.Code, letter.Field, letter.Error = string(end.err.Code), end.err.Field, end.err.Message
	}
	letter.MessageIDs = strings.TrimSpace(strings.Join(end.messageIDs, " "))
	if e.open(end) {
		letter.StartedAt = strconv.FormatFloat(unixSeconds(e.trial.claim.StartedAt), 'f', 3, 64)
	}
	return bus.RecordFields(r.stream.Name, e.id, claim, letter)
}

// pushes are the receipt and, for an RPC, its one reply. A list that is not
// allowed costs only the receipt.
func (r *registrar) pushes(e *entry, receipt envelope.Receipt, end ending) []bus.Push {
	var out []bus.Push
	env := e.letter.env
	if to := env.ReceiptTo; to != "" {
		if r.stream.Names.ReplyAllowed(r.stream.Name, to) {
			out = r.push(out, to, receipt, e.letter.encoding, receiptExpires)
		} else {
			r.receiptLost(e, "forbidden", "its list is not one that receipts may go to")
		}
	}
	if end.reply != nil && r.stream.Names.ReplyAllowed(r.stream.Name, env.ReplyQueue) {
		out = r.push(out, env.ReplyQueue, *end.reply, e.letter.encoding, replyExpires)
	}
	return out
}

func (r *registrar) push(out []bus.Push, list string, v any, enc envelope.Encoding, expires time.Duration) []bus.Push {
	bytes, err := envelope.Encode(v, enc)
	if err != nil {
		r.log.Error("a receipt or reply cannot be encoded", "list", list, "error", err)
		return out
	}
	return append(out, bus.Push{List: list, Bytes: bytes, Expires: expires})
}

// receiptLost says that a receipt or reply could not be pushed.
func (r *registrar) receiptLost(e *entry, reason, why string) {
	r.meter.ReceiptLost(reason)
	r.log.Warn("a receipt is lost: "+why, "entry", e.text(), "message_key", e.letter.messageKey(),
		"receipt_to", e.letter.env.ReceiptTo)
}

// muted says, once a tenure, that receipts cannot be published. Those that are
// pushed to a list are.
func (r *registrar) muted(cure string) {
	r.meter.ReceiptLost("not_allowed")
	r.mute.Do(func() {
		r.log.Error("receipts are not published: the Redis user may not publish to their channel", "do", cure)
	})
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
