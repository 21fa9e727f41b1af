package history

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
)

// later publishes a message of one part, and gives what shows it.
func (m *model) later(channel string, change func(*Operation)) (op *Operation, show func()) {
	op = m.message("-")
	op.Channel, op.Shows = channel, op.Shows[:1]
	change(op)
	entry := m.publish(op)
	return op, func() {
		m.receipt(op, entry, envelope.StatusDelivered, []string{m.request(op, 0, op.Shows[0], 200, Given, true)}, false, nil)
	}
}

// delayed is one that is due in a while, one that is published a while after
// it, and the rest of the time until it is due.
func (m *model) delayed(behind time.Duration) (delayed, other func()) {
	const due = 2 * time.Second
	begun := m.now
	_, delayed = m.later("delayed", func(op *Operation) { op.NotBefore = begun.Add(due) })
	m.busy(begun.Add(behind))
	_, other = m.later("delayed", func(*Operation) {})
	m.busy(begun.Add(2 * due))
	return delayed, other
}

// busy has the node send all the time, elsewhere.
func (m *model) busy(until time.Time) {
	for m.now.Before(until) {
		_, show := m.later("busy", func(*Operation) {})
		show()
		m.now = m.now.Add(300 * time.Millisecond)
	}
}

// early has a delayed one shown before what stands before its due.
func (m *model) early() {
	delayed, other := m.delayed(time.Second)
	delayed()
	other()
}

// late has it shown behind what was published when it was due long since.
func (m *model) late() {
	delayed, other := m.delayed(3 * time.Second)
	other()
	delayed()
}

// parkedUnseen is a message that was parked, and the platform has no request of.
func (m *model) parkedUnseen() {
	op := m.message("-")
	entry := m.publish(op)
	m.h.Parked = append(m.h.Parked, Record{ID: m.id(), Entry: entry, Key: op.Key})
	m.receipt(op, entry, envelope.StatusParked, nil, false, nil)
}

func breachesOfTime() []breach {
	parks := func(p Promise) bool { return !p.NativeKey && !p.ReadBack && p.OnUnknown == park }
	snapshots := func(m *model, again bool) {
		m.now = m.now.Add(time.Second)
		op := &Operation{Type: envelope.TypeStream, Channel: "c", Key: "open", Final: true, Shows: []string{"open.0"}, Receipt: true}
		entry := m.publish(op)
		id := m.request(op, 0, op.Shows[0], 500, Given, true)
		if again {
			m.h.Parked = append(m.h.Parked, Record{ID: m.id(), Entry: entry, Key: op.Key})
			m.request(op, 0, op.Shows[0], 429, Given, false)
			m.receipt(op, entry, envelope.StatusParked, nil, false, nil)
		} else {
			m.receipt(op, entry, envelope.StatusDelivered, []string{id}, false, nil)
		}
	}
	return []breach{
		{"before what stands before its due", Order, nil, func(m *model) bool { m.early(); return true }},
		{"behind what stands behind its due", Order, nil, func(m *model) bool { m.late(); return true }},
		{"begun when it had expired", Timing, nil, func(m *model) bool {
			_, show := m.later("c0", func(op *Operation) { op.ExpiresAt = m.now.Add(time.Second) })
			m.now = m.now.Add(time.Minute)
			show()
			return true
		}},
		{"expired while it was good", Truth, nil, func(m *model) bool {
			op := m.message("-")
			op.ExpiresAt = m.now.Add(time.Hour)
			m.die(op, m.publish(op), envelope.CodeExpired)
			return true
		}},
		{"a stream that is open and not parked", Parking, parks, func(m *model) bool { snapshots(m, false); return true }},
		{"a stream that is tried again, and parking was asked", Parking, parks, func(m *model) bool { snapshots(m, true); return true }},
		{"parked without a doubt", Parking, parks, func(m *model) bool { m.parkedUnseen(); return true }},
	}
}

// The same turned round is nobody's fault where Redis' clock was stepped; and
// ahead of its due, where its owner was lost and the next one read it late.
func TestPlacesThatNobodyCanTell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		turn  func(*model)
		skew  time.Duration
		fault FaultKind
		found bool
	}{
		{"early", (*model).early, 0, "", true},
		{"late", (*model).late, 0, "", true},
		{"early, the clock was stepped", (*model).early, time.Minute, "", false},
		{"late, the clock was stepped", (*model).late, time.Minute, "", false},
		{"early, an owner was killed", (*model).early, 0, Killed, false},
		{"late, an owner was killed", (*model).late, 0, Killed, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				_, m := generate(t, rapid.SampledFrom(classes).Draw(t, "platform"), 3)
				begun := m.now
				c.turn(m)
				m.p.Skew = c.skew
				m.h.Faults = []Fault{{Kind: c.fault, From: begun.Add(time.Second)}}
				found := slices.ContainsFunc(Check(m.h, m.p).Broken, func(v Violation) bool { return v.Promise == Order })
				if found != c.found {
					t.Fatal(fmt.Sprintf("found: %v; want %v", found, c.found))
				}
			})
		})
	}
}

// A request that was cut off on its way was never seen: parking is right where
// the platform was gone, and nowhere else.
func TestParkedWhileThePlatformWasGone(t *testing.T) {
	t.Parallel()
	for _, gone := range []bool{true, false} {
		t.Run(fmt.Sprint(gone), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				_, m := generate(t, Promise{OnUnknown: park, Lease: time.Second}, 3)
				m.now = m.now.Add(time.Minute)
				begun := m.now
				m.parkedUnseen()
				if gone {
					m.h.Faults = append(m.h.Faults, Fault{Kind: PlatformGone, From: begun, To: m.now})
				}
				found := slices.ContainsFunc(Check(m.h, m.p).Broken, func(v Violation) bool { return v.Promise == Parking })
				if found == gone {
					t.Fatalf("found: %v; the platform was gone: %v", found, gone)
				}
			})
		})
	}
}
