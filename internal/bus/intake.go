package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Intake takes entries off a stream for one tenure, under its token. It is
// owned by one goroutine.
//
// A call whose answer was lost may have taken entries that nobody knows of, or
// may still be on its way. Begin, after any error, makes good for both: the
// pending list is gone through from its start, and a read that arrives late
// belongs to an earlier round and takes nothing.
type Intake struct {
	stream   *Stream
	token    string
	round    int
	reported int   // ids gone that the last answer told of, to be struck off
	heard    int64 // entries lost unread, ever, by the last answer
	tidied   bool
}

// NewIntake makes the intake of a tenure. Call Begin before the first Read.
func (s *Stream) NewIntake(token string) *Intake { return &Intake{stream: s, token: token} }

// Begin starts a round: what earlier reads may have taken is to be claimed
// from the pending list, from "0-0" on.
func (i *Intake) Begin() { i.round++ }

// Read takes at most count new entries, oldest first. After any error call
// Begin and claim what is pending before the next Read.
func (i *Intake) Read(ctx context.Context, count int) ([]Message, error) {
	s := i.stream
	flat, err := s.bus.runFlat(ctx, "read", []string{s.keys.lease, s.Name, s.keys.tally}, i.token, s.Group, s.Consumer, count, i.round)
	if err != nil {
		return nil, err
	}
	out := make([]Message, 0, len(flat)/4)
	for len(flat) > 0 {
		m, n, err := readMessage(flat)
		if err != nil {
			return nil, fmt.Errorf("redis script read: unexpected answer: %w", err)
		}
		out, flat = append(out, m), flat[n:]
	}
	return out, nil
}

// readMessage reads an id, how many texts follow, and these: field, value, …; n of
// them in all.
func readMessage(flat []string) (m Message, n int, err error) {
	if len(flat) < 2 {
		return m, 0, errors.New("the list ended early")
	}
	if m.ID, err = ParseID(flat[0]); err != nil {
		return m, 0, err
	}
	fields, err := strconv.Atoi(flat[1])
	if err != nil || fields < 0 || fields%2 > 0 || fields > len(flat)-2 {
		return m, 0, fmt.Errorf("%q fields and values, where %d follow", flat[1], len(flat)-2)
	}
	m.Fields = flat[2 : 2+fields : 2+fields]
	return m, 2 + fields, nil
}

// Claimed is one page of the pending entries list, now this consumer's.
type Claimed struct {
	IDs    []ID
	Early  []Early
	Lost   []ID // were pending, but the entries themselves are gone: somebody trimmed the stream
	Cursor string
}

// Early is a pending entry that was put aside: not due, or due and not
// finished.
type Early struct {
	Entry ID
	Due   time.Time // by Redis' clock
}

// ClaimPending gives this consumer the group's pending entries idle for at
// least minIdle milliseconds, own and others' in id order, a page from cursor
// on ("0-0" first; done when the answer's is "0-0" again). What is Lost is told
// until an answer has arrived, so it may be told twice, and never not at all.
func (i *Intake) ClaimPending(ctx context.Context, cursor string, minIdle int64, count int) (Claimed, error) {
	s := i.stream
	v, err := s.bus.run(ctx, "takeover", []string{s.keys.lease, s.Name, s.keys.gone, s.keys.delayed},
		i.token, s.Group, s.Consumer, minIdle, cursor, count, i.round, i.reported)
	if err != nil {
		i.reported = 0 // whether they were struck off is not known: told again
		return Claimed{}, err
	}
	r := newReply(v)
	c := Claimed{Cursor: r.string(), IDs: readIDs(r.list()), Lost: readIDs(r.list()), Early: readEarly(r.list())}
	i.reported = len(c.Lost)
	return c, r.err("takeover")
}

// readEarly reads [id, due, …].
func readEarly(r *reply) []Early {
	var all []Early
	for r.more() {
		id := r.id()
		ms, err := strconv.ParseFloat(r.string(), 64)
		if err != nil {
			ms = 0 // nobody but us writes it: due
		}
		all = append(all, Early{Entry: id, Due: time.UnixMilli(int64(ms))})
	}
	return all
}

func readIDs(r *reply) []ID {
	var ids []ID
	for r.more() {
		ids = append(ids, r.id())
	}
	return ids
}

// Audit returns how many entries were trimmed from the stream before anybody
// read them, and that nobody has been told of. It counts once the group has
// read all there is; on the embedded Redis, which keeps no count, it is always
// 0. Like what is Lost, a loss may be told twice, by the process that dies now,
// and never not at all. A tenure's first audit also strikes off what was put
// aside and is gone.
func (i *Intake) Audit(ctx context.Context) (int, error) {
	if !i.tidied {
		if err := i.tidy(ctx); err != nil {
			return 0, err
		}
		i.tidied = true
	}
	lost, err := i.audit(ctx)
	if lost > 0 {
		_, _ = i.audit(ctx) // tells Redis that it was heard; else the next one does
	}
	return lost, err
}

func (i *Intake) audit(ctx context.Context) (int, error) {
	s := i.stream
	v, err := s.bus.run(ctx, "audit", []string{s.keys.lease, s.Name, s.keys.tally}, i.token, s.Group, i.heard)
	if err != nil {
		return 0, err
	}
	r := newReply(v)
	ever, untold := r.int(), r.int()
	if !r.failed() {
		i.heard = ever
	}
	return int(untold), r.err("audit")
}

// tidy strikes ids off what is put aside whose entries are gone: somebody
// deleted the stream while nobody looked.
func (i *Intake) tidy(ctx context.Context) error {
	s := i.stream
	for from := int64(0); from >= 0; {
		v, err := s.bus.run(ctx, "tidy", []string{s.keys.lease, s.Name, s.keys.delayed}, i.token, from, batchEntries)
		if err != nil {
			return err
		}
		next, ok := v.(int64)
		if !ok {
			return fmt.Errorf("redis script tidy: unexpected answer %T", v)
		}
		from = next
	}
	return nil
}
