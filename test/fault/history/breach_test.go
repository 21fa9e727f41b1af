package history

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
)

// breach breaks one promise in a history that keeps them; false: there was
// nothing to break.
type breach struct {
	name   string
	find   Broken
	only   func(Promise) bool // nil = on every platform
	inject func(*model) bool
}

func breaches() []breach {
	guess := func(p Promise) bool { return !p.NativeKey && !p.ReadBack }
	return []breach{
		{"a receipt that never came", Loss, nil, func(m *model) bool {
			m.h.Receipts = m.h.Receipts[:len(m.h.Receipts)-1]
			return true
		}},
		{"an entry that is stuck", Loss, nil, func(m *model) bool {
			m.h.Left = append(m.h.Left, m.h.Said[0].Entry)
			return true
		}},
		{"an entry that went without a trace", Loss, nil, func(m *model) bool {
			op := m.message("-")
			op.Receipt = false
			m.publish(op)
			return true
		}},
		{"a call without a reply", Loss, nil, func(m *model) bool {
			m.publish(&Operation{Type: envelope.TypeRPC, Key: "r", Reply: true})
			return true
		}},
		{"delivered, and never seen", Truth, nil, func(m *model) bool {
			op := m.message("-")
			m.receipt(op, m.publish(op), envelope.StatusDelivered, slices.Repeat([]string{"x"}, len(op.Shows)), false, nil)
			return true
		}},
		{"delivered, with another's id", Truth, nil, func(m *model) bool {
			op := m.message("-")
			entry := m.publish(op)
			m.request(op, 0, op.Shows[0], 200, Given, true)
			op.Shows = op.Shows[:1]
			m.receipt(op, entry, envelope.StatusDelivered, []string{"m-of-another"}, false, nil)
			return true
		}},
		{"half a message", Truth, nil, func(m *model) bool {
			op := m.message("-")
			op.Shows = []string{"half.0", "half.1"}
			entry := m.publish(op)
			id := m.request(op, 0, op.Shows[0], 200, Given, true)
			m.receipt(op, entry, envelope.StatusDelivered, []string{id, id}, false, nil)
			return true
		}},
		{"two receipts", Truth, nil, func(m *model) bool {
			m.h.Receipts = append(m.h.Receipts, m.h.Receipts[len(m.h.Receipts)-1])
			return true
		}},
		{"dead without a reason", Truth, nil, func(m *model) bool {
			op := m.message("-")
			m.die(op, m.publish(op), envelope.CodeInvalid)
			return true
		}},
		{"poison without a crash", Truth, nil, func(m *model) bool {
			op := m.message("-")
			m.die(op, m.publish(op), envelope.CodePoison)
			return true
		}},
		{"a failed target that was delivered", Truth, nil, func(m *model) bool {
			if len(m.told) == 0 {
				return false
			}
			op := &Operation{Type: envelope.TypeEdit, Channel: m.told[0].Channel, Key: "e", Target: m.told[0].Key, Shows: []string{"edited"}, Receipt: true}
			m.die(op, m.publish(op), envelope.CodeTargetFailed)
			return true
		}},
		{"dead without a dead letter", Truth, nil, func(m *model) bool {
			op := m.message("-")
			op.Doomed = true
			m.receipt(op, m.publish(op), envelope.StatusDead, nil, false, &envelope.Error{Code: envelope.CodeInvalid})
			return true
		}},
		{"a duplicate of nothing", Truth, nil, func(m *model) bool {
			op := m.message("-")
			m.receipt(op, m.publish(op), envelope.StatusDuplicate, nil, false, nil)
			return true
		}},
		{"shown twice", Once, nil, func(m *model) bool {
			op := m.delivered()
			delete(m.known, fmt.Sprintf("%s/%s/0", op.Key, strings.Join(op.Shows, "+")))
			m.request(op, 0, op.Shows[0], 200, Given, true)
			return true
		}},
		{"two contents of one key", Once, nil, func(m *model) bool {
			first := m.delivered()
			op := m.message("-")
			op.Channel, op.Key = first.Channel, first.Key
			entry := m.publish(op)
			ids, _, parked := m.send(op)
			if parked {
				return false
			}
			m.receipt(op, entry, envelope.StatusDelivered, ids, false, nil)
			return true
		}},
		{"a stream made twice", Once, nil, func(m *model) bool {
			for seq := range 2 {
				op := &Operation{Type: envelope.TypeStream, Channel: "c", Key: "twice", Seq: 0, Final: seq == 1, Shows: []string{fmt.Sprint("twice.", seq)}, Receipt: true}
				entry := m.publish(op)
				id := m.request(op, 0, op.Shows[0], 200, Given, true)
				m.receipt(op, entry, envelope.StatusDelivered, []string{id}, false, nil)
			}
			return true
		}},
		{"resent, and not flagged", Flagging, func(p Promise) bool { return guess(p) && p.OnUnknown == resend }, func(m *model) bool {
			op := m.message("-")
			op.Shows = op.Shows[:1]
			entry := m.publish(op)
			m.request(op, 0, op.Shows[0], 200, Lost, true)
			id := m.request(op, 0, op.Shows[0], 200, Given, true)
			m.receipt(op, entry, envelope.StatusDelivered, []string{id}, false, nil)
			return true
		}},
		{"resent, and parking was asked", Parking, func(p Promise) bool { return guess(p) && p.OnUnknown == park }, func(m *model) bool {
			op := m.message("-")
			op.Shows = op.Shows[:1]
			entry := m.publish(op)
			m.request(op, 0, op.Shows[0], 0, Lost, false)
			id := m.request(op, 0, op.Shows[0], 200, Given, true)
			m.receipt(op, entry, envelope.StatusDelivered, []string{id}, false, nil)
			return true
		}},
		{"an open case that is not parked", Parking, func(p Promise) bool { return guess(p) && p.OnUnknown == park }, func(m *model) bool {
			op := m.message("-")
			op.Shows = op.Shows[:1]
			entry := m.publish(op)
			id := m.request(op, 0, op.Shows[0], 500, Given, true)
			m.receipt(op, entry, envelope.StatusDelivered, []string{id}, false, nil)
			return true
		}},
		{"parked, where it can be told", Parking, func(p Promise) bool { return p.NativeKey && p.Window == 0 || p.ReadBack }, func(m *model) bool {
			op := m.message("-")
			entry := m.publish(op)
			m.h.Parked = append(m.h.Parked, Record{ID: m.id(), Entry: entry, Key: op.Key})
			m.receipt(op, entry, envelope.StatusParked, nil, false, nil)
			return true
		}},
		{"the later one first", Order, nil, func(m *model) bool {
			var ops []*Operation
			var entries []string
			for range 2 {
				op := m.message("-")
				op.Channel = "c0"
				ops, entries = append(ops, op), append(entries, m.publish(op))
			}
			for _, i := range []int{1, 0} {
				ids, _, parked := m.send(ops[i])
				if parked {
					return false
				}
				m.receipt(ops[i], entries[i], envelope.StatusDelivered, ids, true, nil)
			}
			return true
		}},
		{"the second part first", Order, nil, func(m *model) bool {
			op := m.message("-")
			op.Shows = []string{"turned.0", "turned.1"}
			entry := m.publish(op)
			second := m.request(op, 1, "turned.1", 200, Given, true)
			m.receipt(op, entry, envelope.StatusDelivered, []string{m.request(op, 0, "turned.0", 200, Given, true), second}, false, nil)
			return true
		}},
		{"a snapshot after the final one", Order, nil, func(m *model) bool {
			var ops []*Operation
			for seq := range 2 {
				ops = append(ops, &Operation{Type: envelope.TypeStream, Channel: "c", Key: "back", Seq: int64(seq + 1), Final: seq == 1, Shows: []string{fmt.Sprint("back.", seq)}, Receipt: true})
			}
			entries := []string{m.publish(ops[0]), m.publish(ops[1])}
			for _, i := range []int{1, 0} {
				m.receipt(ops[i], entries[i], envelope.StatusDelivered, []string{m.request(ops[i], 0, ops[i].Shows[0], 200, Given, true)}, false, nil)
			}
			return true
		}},
		{"an edit before its message", Order, nil, func(m *model) bool {
			op := m.message("-")
			op.Shows = op.Shows[:1]
			edit := &Operation{Type: envelope.TypeEdit, Channel: op.Channel, Key: "e", Target: op.Key, Shows: []string{"edited"}, Receipt: true}
			entry, second := m.publish(op), m.publish(edit)
			m.receipt(edit, second, envelope.StatusDelivered, []string{m.request(edit, 0, "edited", 200, Given, true)}, false, nil)
			m.receipt(op, entry, envelope.StatusDelivered, []string{m.request(op, 0, op.Shows[0], 200, Given, true)}, false, nil)
			return true
		}},
		{"before its time", Timing, nil, func(m *model) bool {
			op := m.message("-")
			op.Shows = op.Shows[:1]
			op.NotBefore = m.now.Add(time.Hour)
			entry := m.publish(op)
			m.receipt(op, entry, envelope.StatusDelivered, []string{m.request(op, 0, op.Shows[0], 200, Given, true)}, false, nil)
			return true
		}},
		{"something that nobody said", Invention, nil, func(m *model) bool {
			m.request(&Operation{Type: envelope.TypeMessage, Channel: "c0", Key: "x", Shows: []string{"x"}}, 0, "x", 200, Given, true)
			return true
		}},
		{"under another's key", Invention, nil, func(m *model) bool {
			m.request(m.delivered(), 0, m.delivered().Shows[0], 200, Given, true)
			m.h.Seen[len(m.h.Seen)-1].Asked = "another"
			return true
		}},
		{"a dead letter of nothing", Invention, nil, func(m *model) bool {
			m.h.Dead = append(m.h.Dead, Record{ID: m.id(), Entry: "1-1", Key: "nobody's"})
			return true
		}},
		{"two connections", Holder, nil, func(m *model) bool {
			m.h.Held = []Holding{{"n1", m.now, m.now.Add(time.Minute)}, {"n2", m.now.Add(time.Second), time.Time{}}}
			return true
		}},
	}
}
