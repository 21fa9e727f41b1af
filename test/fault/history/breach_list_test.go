package history

import "github.com/posternhq/postern/envelope"

// breachesOfLists are entries that are only said to be duplicates, and what is
// told to somebody else.
func breachesOfLists() []breach {
	call := func(m *model, lists ...string) *Operation {
		op := &Operation{Type: envelope.TypeRPC, Key: m.name(), Reply: true}
		for _, list := range lists {
			m.publish(op)
			m.h.Said[len(m.h.Said)-1].List = list
		}
		return op
	}
	replies := func(m *model, op *Operation, list string) {
		m.h.Replies = append(m.h.Replies, Reply{List: list, Reply: envelope.Reply{RequestID: op.Key, OK: true}})
	}
	return []breach{
		{"lost, and receipted as duplicates", Truth, nil, func(m *model) bool {
			op := m.message("-")
			for _, entry := range []string{m.publish(op), m.publish(op)} {
				m.receipt(op, entry, envelope.StatusDuplicate, nil, false, nil)
			}
			return true
		}},
		{"a duplicate that failed as nothing did", Truth, nil, func(m *model) bool {
			op := m.delivered()
			m.receipt(op, m.publish(op), envelope.StatusDuplicate, nil, false, &envelope.Error{Code: envelope.CodeInvalid})
			return true
		}},
		{"a duplicate that failed otherwise", Truth, nil, func(m *model) bool {
			op := m.message("-")
			op.Doomed, op.Shows = true, nil
			m.die(op, m.publish(op), envelope.CodeInvalid)
			m.receipt(op, m.publish(op), envelope.StatusDuplicate, nil, false, &envelope.Error{Code: envelope.CodeInternal})
			return true
		}},
		{"a duplicate of what died, that says nothing of it", Truth, nil, func(m *model) bool {
			op := m.message("-")
			op.Doomed, op.Shows = true, nil
			m.die(op, m.publish(op), envelope.CodeInvalid)
			m.receipt(op, m.publish(op), envelope.StatusDuplicate, nil, false, nil)
			return true
		}},
		{"a conflict with what is nowhere", Truth, nil, func(m *model) bool {
			op, other := m.message("-"), m.message("-")
			other.Channel, other.Key, other.OnConflict = op.Channel, op.Key, envelope.ConflictDead
			op.Receipt = false // else its own would tell
			m.publish(op)
			m.die(other, m.publish(other), envelope.CodeConflict)
			return true
		}},
		{"what can only be refused, and went without a trace", Loss, nil, func(m *model) bool {
			op := m.message("-")
			op.Doomed, op.Shows, op.Receipt = true, nil, false
			m.publish(op)
			return true
		}},
		{"a receipt in another's list", Truth, nil, func(m *model) bool {
			_, show := m.later("c0", func(*Operation) {})
			show()
			m.h.Receipts[len(m.h.Receipts)-1].List = "another's"
			return true
		}},
		{"a receipt in two lists", Truth, nil, func(m *model) bool {
			_, show := m.later("c0", func(*Operation) {})
			show()
			r := m.h.Receipts[len(m.h.Receipts)-1]
			r.List = "another's"
			m.h.Receipts = append(m.h.Receipts, r)
			m.p.AtLeastOnceReceipts = true
			return true
		}},
		{"a reply in another's list", Truth, nil, func(m *model) bool {
			op := call(m, "mine", "mine")
			replies(m, op, "mine")
			replies(m, op, "another's")
			return true
		}},
		{"a call that is answered in one list of two", Loss, nil, func(m *model) bool {
			replies(m, call(m, "first", "second"), "first")
			return true
		}},
		{"a call that is answered twice", Truth, nil, func(m *model) bool {
			op := call(m, "mine")
			replies(m, op, "mine")
			replies(m, op, "mine")
			return true
		}},
	}
}
