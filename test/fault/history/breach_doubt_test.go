package history

import (
	"time"

	"github.com/posternhq/postern/envelope"
)

// twice sends a message of one part twice, well, with a fault between.
func (m *model) twice(f Fault, change func(*Operation)) {
	m.t.Helper()
	op := m.message("-")
	op.Shows = op.Shows[:1]
	change(op)
	entry := m.publish(op)
	m.request(op, 0, op.Shows[0], 200, Given, true)
	f.From = m.tick()
	m.h.Faults = append(m.h.Faults, f)
	id := m.request(op, 0, op.Shows[0], 200, Given, true)
	if op.Receipt {
		m.receipt(op, entry, envelope.StatusDelivered, []string{id}, true, nil)
	}
}

// breachesOfDoubt are those that something happened at, and that it does not
// excuse.
func breachesOfDoubt() []breach {
	guess := func(p Promise) bool { return !p.NativeKey && !p.ReadBack }
	resends := func(p Promise) bool { return guess(p) && p.OnUnknown == resend }
	parks := func(p Promise) bool { return guess(p) && p.OnUnknown == park }
	as := func(*Operation) {}
	twice := func(f Fault, change func(*Operation)) func(*model) bool {
		return func(m *model) bool { m.twice(f, change); return true }
	}
	return []breach{
		{"sent twice over a planned stop", Once, resends, twice(Fault{Kind: Stopped, Node: "n1"}, as)},
		{"sent twice while another node was killed", Once, resends, twice(Fault{Kind: Killed, Node: "n2"}, as)},
		{"sent twice while the platform was slow elsewhere", Once, resends, twice(Fault{Kind: "answer late"}, as)},
		{"sent twice, and nobody asked for a receipt", Once, resends, twice(Fault{Kind: Stopped, Node: "n1"}, func(op *Operation) { op.Receipt = false })},
		{"flagged without a doubt", Truth, nil, func(m *model) bool {
			m.now = m.now.Add(time.Minute)
			op, show := m.later("c0", as)
			show()
			m.h.Receipts[len(m.h.Receipts)-1].PossibleDuplicate = true
			m.h.Faults = append(m.h.Faults, Fault{Kind: Stopped, Node: "n1", From: m.now})
			return op.Key != ""
		}},
		{"flagged for a kill of who stood by", Truth, nil, func(m *model) bool {
			m.h.Tenures = []Tenure{{"n1", m.now}}
			m.now = m.now.Add(time.Minute)
			_, show := m.later("c0", as)
			m.h.Faults = append(m.h.Faults, Fault{Kind: Killed, Node: "n2", From: m.now})
			show()
			m.h.Receipts[len(m.h.Receipts)-1].PossibleDuplicate = true
			return true
		}},
		{"parked over a planned stop", Parking, parks, func(m *model) bool {
			m.now = m.now.Add(time.Minute)
			m.h.Faults = append(m.h.Faults, Fault{Kind: Stopped, Node: "n1", From: m.now})
			m.parkedUnseen()
			return true
		}},
		{"poison over planned stops", Truth, nil, func(m *model) bool {
			op := m.message("-")
			entry := m.publish(op)
			for range poisonAfter {
				m.h.Faults = append(m.h.Faults, Fault{Kind: Stopped, Node: "n1", From: m.tick()})
			}
			m.die(op, entry, envelope.CodePoison)
			return true
		}},
		{"expired when it was published, and sent after a kill", Timing, nil, func(m *model) bool {
			_, show := m.later("c0", func(op *Operation) { op.ExpiresAt = m.now.Add(-time.Minute) })
			m.h.Faults = append(m.h.Faults, Fault{Kind: Killed, Node: "n1", From: m.tick()})
			show()
			return true
		}},
		{"expired long before its owner was killed", Timing, nil, func(m *model) bool {
			_, show := m.later("c0", func(op *Operation) { op.ExpiresAt = m.now.Add(time.Second) })
			m.now = m.now.Add(time.Minute)
			m.h.Faults = append(m.h.Faults, Fault{Kind: Killed, Node: "n1", From: m.now})
			show()
			return true
		}},
	}
}
