package history

import "github.com/posternhq/postern/envelope"

// breachesOfRecord are receipts and records that tell another story than what
// was seen, or than each other.
func breachesOfRecord() []breach {
	return []breach{
		{"delivered, and dead as well", Truth, nil, func(m *model) bool {
			op := m.delivered()
			m.h.Dead = append(m.h.Dead, Record{ID: m.id(), Entry: m.entryOf(op), Key: op.Key, Code: envelope.CodeInvalid})
			return true
		}},
		{"delivered, and parked as well", Truth, nil, func(m *model) bool {
			op := m.delivered()
			m.h.Parked = append(m.h.Parked, Record{ID: m.id(), Entry: m.entryOf(op), Key: op.Key})
			return true
		}},
		{"delivered without a receipt, and dead", Truth, nil, func(m *model) bool {
			op, show := m.later("c0", func(op *Operation) { op.Receipt = false })
			show()
			m.h.Receipts = m.h.Receipts[:len(m.h.Receipts)-1]
			m.h.Dead = append(m.h.Dead, Record{ID: m.id(), Entry: m.entryOf(op), Key: op.Key, Code: envelope.CodeInvalid})
			return true
		}},
		{"dead twice", Truth, nil, func(m *model) bool {
			op := m.message("-")
			op.Doomed, op.Shows = true, nil
			entry := m.publish(op)
			m.die(op, entry, envelope.CodeInvalid)
			m.h.Dead = append(m.h.Dead, Record{ID: m.id(), Entry: entry, Key: op.Key, Code: envelope.CodeInvalid})
			return true
		}},
		{"delivered twice, by their receipts", Truth, nil, func(m *model) bool {
			op := m.delivered()
			m.receipt(op, m.publish(op), envelope.StatusDelivered, m.idsOf(op), false, nil)
			return true
		}},
		{"a receipt with another's key", Truth, nil, func(m *model) bool {
			_, show := m.later("c0", func(*Operation) {})
			show()
			m.h.Receipts[len(m.h.Receipts)-1].MessageKey = "another"
			return true
		}},
		{"an edit of another message", Invention, nil, func(m *model) bool {
			target := m.delivered()
			edit := &Operation{Type: envelope.TypeEdit, Channel: target.Channel, Key: "e", Target: target.Key, Shows: []string{"edited"}, Receipt: true}
			entry := m.publish(edit)
			m.receipt(edit, entry, envelope.StatusDelivered, []string{m.request(edit, 0, "edited", 200, Given, true)}, false, nil)
			m.h.Seen[len(m.h.Seen)-1].For = "m-of-another"
			return true
		}},
	}
}

func (m *model) entryOf(op *Operation) (entry string) {
	for _, s := range m.h.Said {
		if s.Operation == op && s.Entry != "" {
			return s.Entry
		}
	}
	return ""
}

// idsOf are what the platform made of each part.
func (m *model) idsOf(op *Operation) []string {
	ids := make([]string, len(op.Shows))
	for _, s := range m.h.Seen {
		for part, what := range op.Shows {
			if s.Show == what && s.Taken {
				ids[part] = s.MessageID
			}
		}
	}
	return ids
}
