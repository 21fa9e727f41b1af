package outbound

import "github.com/posternhq/postern/internal/bus"

// waiters are the entries that wait for another one to leave.
type waiters struct {
	lanes map[bus.ID][]*entry // each at the head of its lane, which it holds
	apart map[bus.ID][]*entry // in no lane
}

func newWaiters() waiters {
	return waiters{lanes: map[bus.ID][]*entry{}, apart: map[bus.ID][]*entry{}}
}

func (w waiters) inLane(behind bus.ID, e *entry) { w.lanes[behind] = append(w.lanes[behind], e) }
func (w waiters) aside(behind bus.ID, e *entry)  { w.apart[behind] = append(w.apart[behind], e) }

// of takes out who waits for id.
func (w waiters) of(id bus.ID) (inLane, aside []*entry) {
	inLane, aside = w.lanes[id], w.apart[id]
	delete(w.lanes, id)
	delete(w.apart, id)
	return inLane, aside
}
