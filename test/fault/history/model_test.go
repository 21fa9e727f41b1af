package history

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
)

// model is a gateway that keeps every promise, and the world around it, as far
// as the checker can see them.
type model struct {
	t     *rapid.T
	p     Promise
	h     History
	now   time.Time
	seq   int
	made  int
	known map[string]string // the platform's keys, to message ids
	told  []*Operation      // messages that were delivered
}

var classes = []Promise{
	{NativeKey: true},
	{NativeKey: true, Window: time.Hour},
	{ReadBack: true},
	{OnUnknown: park},
	{OnUnknown: resend},
}

func generate(t *rapid.T, p Promise, count int) (History, *model) {
	p.Lease = time.Second
	m := &model{t: t, p: p, now: time.Unix(1_800_000_000, 0), known: map[string]string{}}
	for range count {
		m.step()
	}
	return m.h, m
}

func (m *model) tick() time.Time {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 50).Draw(m.t, "ms")) * time.Millisecond)
	return m.now
}

func (m *model) step() {
	switch rapid.IntRange(0, 11).Draw(m.t, "what") {
	case 0:
		m.publish(m.message("")) // without a key
	case 1:
		op := m.message("-")
		op.Doomed, op.Shows = true, nil
		m.die(op, m.publish(op), envelope.CodeInvalid)
		return
	case 2:
		m.stream()
		return
	case 3:
		op := &Operation{Type: envelope.TypeRPC, Key: m.name(), Reply: true}
		m.publish(op)
		m.h.Replies = append(m.h.Replies, Reply{List: "calls", Reply: envelope.Reply{RequestID: op.Key, OK: true}})
		return
	case 4, 5:
		if len(m.told) > 0 {
			m.edit()
			return
		}
	}
	op := m.message("-")
	entry := m.publish(op)
	again := ""
	if rapid.IntRange(0, 4).Draw(m.t, "republished") == 0 {
		again = m.publish(op)
	}
	if rapid.IntRange(0, 9).Draw(m.t, "maybe") == 0 {
		m.h.Said = append(m.h.Said, Said{After: entry, Worker: "w", At: m.now, List: "l", Operation: op})
	}
	ids, flagged, parked := m.send(op)
	if parked {
		m.h.Parked = append(m.h.Parked, Record{ID: m.id(), Entry: entry, Key: op.Key, Code: envelope.CodeUnknown})
		m.receipt(op, entry, envelope.StatusParked, ids, false, &envelope.Error{Code: envelope.CodeUnknown})
	} else {
		m.receipt(op, entry, envelope.StatusDelivered, ids, flagged, nil)
		m.told = append(m.told, op)
	}
	if again != "" && parked {
		m.receipt(op, again, envelope.StatusDuplicate, ids, false, &envelope.Error{Code: envelope.CodeUnknown})
	} else if again != "" {
		m.receipt(op, again, envelope.StatusDuplicate, ids, flagged, nil)
	}
}

func (m *model) name() string {
	m.seq++
	return "n" + strconv.Itoa(m.seq)
}

func (m *model) message(key string) *Operation {
	tag := m.name()
	op := &Operation{Type: envelope.TypeMessage, Channel: "c" + strconv.Itoa(rapid.IntRange(0, 2).Draw(m.t, "channel")), Receipt: true}
	if key != "" {
		op.Key = "k-" + tag
	}
	for part := range rapid.IntRange(1, 3).Draw(m.t, "parts") {
		op.Shows = append(op.Shows, fmt.Sprintf("%s.%d", tag, part))
	}
	return op
}

func (m *model) id() string { return fmt.Sprintf("%d-0", m.tick().UnixMilli()) }

// publish is an XADD; a message without a key is carried to its end at once.
func (m *model) publish(op *Operation) string {
	entry := m.id()
	said := Said{Entry: entry, Worker: "w", At: m.now, Operation: op}
	switch {
	case op.Receipt:
		said.List = "l"
	case op.Reply:
		said.List = "calls"
	}
	m.h.Said = append(m.h.Said, said)
	if op.Key == "" {
		ids, flagged, parked := m.send(op)
		if parked {
			m.h.Parked = append(m.h.Parked, Record{ID: m.id(), Entry: entry, Code: envelope.CodeUnknown})
			m.receipt(op, entry, envelope.StatusParked, ids, false, nil)
		} else {
			m.receipt(op, entry, envelope.StatusDelivered, ids, flagged, nil)
		}
	}
	return entry
}

func (m *model) receipt(op *Operation, entry string, status envelope.Status, ids []string, flagged bool, err *envelope.Error) {
	m.h.Receipts = append(m.h.Receipts, Receipt{List: "l", Receipt: envelope.Receipt{
		MessageKey: op.Key, EntryID: entry, Status: status, MessageIDs: ids, PossibleDuplicate: flagged, Error: err,
		At: float64(m.tick().UnixMilli()) / 1000,
	}})
}

func (m *model) die(op *Operation, entry string, code envelope.Code) {
	m.h.Dead = append(m.h.Dead, Record{ID: m.id(), Entry: entry, Key: op.Key, Code: code})
	m.receipt(op, entry, envelope.StatusDead, nil, false, &envelope.Error{Code: code})
}

// send shows all parts of an operation; now and then an answer is lost.
func (m *model) send(op *Operation) (ids []string, flagged, parked bool) {
	for part, what := range op.Shows {
		trouble := rapid.IntRange(0, 7).Draw(m.t, "trouble")
		answer, status := Given, 200
		if trouble == 0 {
			answer = Lost
		}
		if trouble == 1 { // a refusal that is certain
			m.request(op, part, what, 429, Given, false)
		}
		id := m.request(op, part, what, status, answer, true)
		if answer == Lost && !op.setsState() {
			switch {
			case m.p.ReadBack:
			case m.p.NativeKey:
				m.request(op, part, what, 200, Given, true)
			case m.p.OnUnknown == park:
				return append(ids, ""), false, true
			default:
				flagged = true
				id = m.request(op, part, what, 200, Given, true)
			}
		}
		ids = append(ids, id)
	}
	return ids, flagged, false
}

func (op *Operation) setsState() bool { return (&act{Operation: op}).setsState() }

func (m *model) request(op *Operation, part int, what string, status int, answer Answer, taken bool) (id string) {
	key := fmt.Sprintf("%s/%s/%d", op.Key, strings.Join(op.Shows, "+"), part)
	s := Seen{
		At: m.tick(), Node: "n1", Key: key, Asked: op.Key, Type: op.Type, Channel: op.Channel, Thread: op.Thread,
		Show: what, Part: part, Count: len(op.Shows), Taken: taken, Status: status, Answer: answer,
	}
	if op.Type == envelope.TypeStream {
		s.Type = envelope.TypeMessage
		if op.Seq > 0 {
			s.Type = envelope.TypeEdit
		}
	}
	if taken {
		id = m.known[key]
		if id == "" || !m.p.NativeKey {
			m.made++
			id = "m" + strconv.Itoa(m.made)
			m.known[key] = id
			s.Effect = true
		}
		s.MessageID = id
	}
	m.h.Seen = append(m.h.Seen, s)
	return id
}

func (m *model) edit() {
	target := m.told[rapid.IntRange(0, len(m.told)-1).Draw(m.t, "target")]
	op := &Operation{
		Type: envelope.TypeEdit, Channel: target.Channel, Key: "e-" + m.name(), Target: target.Key, Receipt: true,
		Shows: []string{m.name()},
	}
	entry := m.publish(op)
	ids, _, _ := m.send(op)
	m.receipt(op, entry, envelope.StatusDelivered, ids, false, nil)
}

func (m *model) stream() {
	key := "g-" + m.name()
	channel := "c" + strconv.Itoa(rapid.IntRange(0, 2).Draw(m.t, "channel"))
	count := rapid.IntRange(1, 4).Draw(m.t, "snapshots")
	for seq := range count {
		op := &Operation{
			Type: envelope.TypeStream, Channel: channel, Key: key, Seq: int64(seq), Final: seq == count-1,
			Shows: []string{fmt.Sprintf("%s.%d", key, seq)}, Receipt: true,
		}
		entry := m.publish(op)
		if seq > 0 && !op.Final && rapid.Bool().Draw(m.t, "overtaken") {
			m.receipt(op, entry, envelope.StatusSuperseded, nil, false, nil)
			continue
		}
		id := m.request(op, 0, op.Shows[0], 200, Given, true)
		m.receipt(op, entry, envelope.StatusDelivered, []string{id}, false, nil)
	}
}
