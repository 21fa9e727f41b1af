package outbound

import "time"

// slowAfter is when an operation stops counting against the others' slots.
const slowAfter = time.Second

// pace knows since when each lane's operation is in flight.
type pace struct {
	busy    map[string]started // by lane
	order   []started          // of their start; those that have ended are still in it
	serials uint64
}

// started is an operation in flight and when it began.
type started struct {
	lane   string
	serial uint64
	at     time.Time
}

func newPace() pace { return pace{busy: map[string]started{}} }

// start notes that a lane's operation begins.
func (p *pace) start(lane string, now time.Time) {
	p.serials++
	op := started{lane, p.serials, now}
	p.busy[lane] = op
	p.order = append(p.order, op)
}

// end notes that it has ended, and reports whether it ran long.
func (p *pace) end(lane string, now time.Time) (slow bool) {
	op := p.busy[lane]
	delete(p.busy, lane)
	return now.Sub(op.at) >= slowAfter
}

// overdue hands out, once each, the lanes whose operation has run long, and
// says when the next one will have, zero if none is in flight.
func (p *pace) overdue(now time.Time) (lanes []string, next time.Time) {
	for len(p.order) > 0 {
		first := p.order[0]
		if p.busy[first.lane].serial == first.serial {
			if now.Sub(first.at) < slowAfter {
				return lanes, first.at.Add(slowAfter)
			}
			lanes = append(lanes, first.lane)
		}
		p.order = p.order[1:]
	}
	return lanes, time.Time{}
}
