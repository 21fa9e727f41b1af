package bus

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"time"
)

// Fate is what becomes of a claim when its entry is finished.
type Fate string

// The fates. An ended claim is remembered for Settlement.Remember.
const (
	FateKeep   Fate = "keep" // untouched: it is another entry's
	FateDelete Fate = "delete"
	FateGrow   Fate = Fate(ClaimGrowing) // a stream's, for Settlement.Remember until it ends by itself
	FateDone   Fate = Fate(ClaimDone)
	FateDead   Fate = Fate(ClaimDead)
	FateParked Fate = Fate(ClaimParked)
)

// Record is where a finished entry leaves a record of itself; 0 = nowhere.
type Record int

// The records; the numbers are their place in the script's KEYS.
const (
	RecordDead   Record = 3
	RecordParked Record = 4
)

// Push is one receipt or reply.
type Push struct {
	List    string
	Bytes   []byte
	Expires time.Duration // of the list, from its first push
}

// listCap bounds a reply list: who does not read loses the oldest.
const listCap = 1000

// Settlement is the end of one entry.
type Settlement struct {
	Entry    string
	Claim    string // its key; "" if the entry never had one
	Fate     Fate
	Remember time.Duration
	Attempts int
	Part     int // the part whose id is MessageID; -1 = none to record
	ID       string
	Doubt    bool   // something of it may be there twice
	Open     bool   // a part of it may be there, that the claim has open
	Error    []byte // of one that was not delivered, as JSON: kept in the claim
	Receipt  []byte // JSON: published
	Reply    []byte // of an RPC, as JSON: kept in the claim
	Record   Record
	Fields   []string // of the record: field, value, …
	Pushes   []Push
	Stream   string // the stream that the entry is a snapshot of; "" = none
	Final    bool   // it is its final one
	Untold   bool   // it is not published: the entry's own end was
	Packed   bool   // its claim was taken by a Send and not marked since, so that it is a string
}

// size is what the settlement costs of a batch's budget, in bytes.
func (q Settlement) size() int {
	n := len(q.Error) + len(q.Receipt) + len(q.Reply)
	for _, f := range q.Fields {
		n += len(f)
	}
	for _, p := range q.Pushes {
		n += len(p.Bytes)
	}
	return n
}

// more reports whether a settlement says more than that of what was delivered at
// the first attempt.
func (q Settlement) more() bool {
	return q.Doubt || q.Open || q.Untold || q.Final || q.Stream != "" || q.Record != 0 ||
		len(q.Error)+len(q.Reply)+len(q.Fields)+len(q.Pushes) > 0
}

// Settled answers a Settlement.
type Settled struct {
	Already  bool // an earlier call had finished it
	Foreign  int  // pushes that met a key that is no list: lost
	Muted    bool // its receipt may not be published by this user
	Outboxed bool // a push waits in the outbox for Drain
}

// plain reports whether a settlement is of what was delivered as nearly all is: at
// the first attempt, in one part, its claim a string; and its receipt one line.
func (q *Settlement) plain() bool {
	return q.Packed && q.Fate == FateDone && q.Claim != "" && q.Attempts == 1 && q.Part == 0 && !q.more() &&
		len(q.Receipt) > 0 && bytes.IndexByte(q.Receipt, '\n') < 0
}

// settleBatch finishes a batch of entries, each in one step.
func (s *Stream) settleBatch(ctx context.Context, token string, retention time.Duration, batch []Settlement) ([]Settled, error) {
	order, plain := plainSettlements(batch)
	c := settleCall{stream: s, keys: make([]string, 0, 7+len(batch)), args: make([]any, 0, 7+2*plain+10*(len(batch)-plain))}
	c.keys = append(c.keys, s.keys.lease, s.Name, s.keys.dead, s.keys.parked, s.keys.outbox, s.keys.streams, s.keys.delayed)
	c.args = append(c.args, token, s.Group, s.keys.finished, retention.Milliseconds())
	c.plain(batch, order[:plain])
	out := make([]Settled, len(batch))
	for _, i := range order[plain:] {
		out[i].Outboxed = c.other(&batch[i])
	}
	v, err := s.bus.run(ctx, "settle", c.keys, c.args...)
	if err != nil {
		return nil, err
	}
	r := newReply(v)
	for _, i := range order {
		n := r.int()
		out[i].Already, out[i].Foreign, out[i].Muted = n < 0, int(max(0, n)%muted), n >= muted
	}
	return out, r.err("settle")
}

// plainSettlements is the order in which a batch is told to the script: first the
// plain ones, whose claims are remembered for as long as the first one's.
func plainSettlements(batch []Settlement) (order []int, plain int) {
	remember := time.Duration(-1)
	return plainFirst(len(batch), func(i int) bool {
		q := &batch[i]
		if !q.plain() || remember >= 0 && q.Remember != remember {
			return false
		}
		remember = q.Remember
		return true
	})
}

// settleCall is one call of the script in the making.
type settleCall struct {
	stream *Stream
	keys   []string
	args   []any
}

// key is the number of a key, 0 of none.
func (c *settleCall) key(name string) int {
	if name == "" {
		return 0
	}
	c.keys = append(c.keys, name)
	return len(c.keys)
}

// plain adds the plain ones: strings are pointed to, since one costs a copy of its
// header as an argument.
func (c *settleCall) plain(batch []Settlement, order []int) {
	size, remember := 0, time.Duration(0)
	for _, i := range order {
		size += len(batch[i].Receipt) + 1
		remember = batch[i].Remember
	}
	receipts, parts := make([]byte, 0, size), newTexts(len(order), 32)
	for n, i := range order {
		q := &batch[i]
		if n > 0 {
			receipts = append(receipts, '\n')
		}
		receipts = append(receipts, q.Receipt...)
		parts.bytes = strconv.AppendInt(append(parts.bytes, "1 "...), int64(len(q.ID)), 10)
		parts.bytes = append(append(parts.bytes, ' '), q.ID...)
		parts.end()
	}
	c.args = append(c.args, len(order), remember.Milliseconds(), receipts)
	part := parts.all()
	for n, i := range order {
		q := &batch[i]
		c.keys, c.args = append(c.keys, q.Claim), append(c.args, &q.Entry, &part[n])
	}
}

// other adds one that is not plain, and reports whether a push of it waits in the
// outbox.
func (c *settleCall) other(q *Settlement) (outboxed bool) {
	var part any = ""
	if q.Part >= 0 {
		part = &q.Part
	}
	c.args = append(c.args, &q.Entry, c.key(q.Claim), (*string)(&q.Fate), q.Remember.Milliseconds(),
		&q.Attempts, part, &q.ID, q.Receipt, unless(!q.Packed, 1))
	if !q.more() {
		c.args = append(c.args, "")
		return false
	}
	c.args = append(c.args, "more", flag(q.Doubt), flag(q.Open), q.Error, q.Reply,
		q.Stream, flag(q.Final), flag(q.Untold), int(q.Record), len(q.Fields))
	for _, f := range q.Fields {
		c.args = append(c.args, f)
	}
	c.args = append(c.args, len(q.Pushes))
	for _, p := range q.Pushes {
		list := 0
		if !c.stream.bus.Cluster() || sameSlot(c.stream.Name, p.List) {
			list = c.key(p.List)
		} else {
			outboxed = true
		}
		c.args = append(c.args, list, p.List, p.Bytes, p.Expires.Milliseconds(), listCap)
	}
	return outboxed
}

// muted is what settle.lua adds where a receipt may not be published.
const muted = 65536

// sameSlot reports whether a list bears the stream's own hash tag.
func sameSlot(stream, list string) bool { return strings.HasPrefix(list, "{"+stream+"}") }
