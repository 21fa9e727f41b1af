package bus

import (
	"context"
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

// settleBatch finishes a batch of entries, each in one step.
func (s *Stream) settleBatch(ctx context.Context, token string, retention time.Duration, batch []Settlement) ([]Settled, error) {
	keys := append(make([]string, 0, 7+len(batch)),
		s.keys.lease, s.Name, s.keys.dead, s.keys.parked, s.keys.outbox, s.keys.streams, s.keys.delayed)
	args := append(make([]any, 0, 4+10*len(batch)), token, s.Group, s.keys.finished, retention.Milliseconds())
	key := func(name string) int {
		if name == "" {
			return 0
		}
		keys = append(keys, name)
		return len(keys)
	}
	out := make([]Settled, len(batch))
	remember, boxed := time.Duration(-1), any(nil)
	for i := range batch {
		q := &batch[i] // and pointers into it: a string, as an argument, takes a copy of its header
		var part any = ""
		if q.Part >= 0 {
			part = &q.Part
		}
		if q.Remember != remember { // nearly always that of the one before
			remember, boxed = q.Remember, q.Remember.Milliseconds()
		}
		args = append(args, &q.Entry, key(q.Claim), (*string)(&q.Fate), boxed,
			&q.Attempts, part, &q.ID, q.Receipt, unless(!q.Packed, 1))
		if !q.more() {
			args = append(args, "")
			continue
		}
		args = append(args, "more", flag(q.Doubt), flag(q.Open), q.Error, q.Reply,
			q.Stream, flag(q.Final), flag(q.Untold), int(q.Record), len(q.Fields))
		for _, f := range q.Fields {
			args = append(args, f)
		}
		args = append(args, len(q.Pushes))
		for _, p := range q.Pushes {
			list := 0
			if !s.bus.Cluster() || sameSlot(s.Name, p.List) {
				list = key(p.List)
			} else {
				out[i].Outboxed = true
			}
			args = append(args, list, p.List, p.Bytes, p.Expires.Milliseconds(), listCap)
		}
	}
	v, err := s.bus.run(ctx, "settle", keys, args...)
	if err != nil {
		return nil, err
	}
	r := newReply(v)
	for i := range out {
		n := r.int()
		out[i].Already, out[i].Foreign, out[i].Muted = n < 0, int(max(0, n)%muted), n >= muted
	}
	return out, r.err("settle")
}

// muted is what settle.lua adds where a receipt may not be published.
const muted = 65536

// sameSlot reports whether a list bears the stream's own hash tag.
func sameSlot(stream, list string) bool { return strings.HasPrefix(list, "{"+stream+"}") }
