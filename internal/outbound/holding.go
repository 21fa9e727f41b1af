package outbound

import (
	"sync"

	"github.com/posternhq/postern/internal/bus"
)

// holding is the set of entries that this node holds, whatever they wait for:
// what is found pending, less these, was missed.
type holding struct {
	mutex sync.Mutex
	ids   map[bus.ID]struct{}
}

func newHolding() *holding { return &holding{ids: map[bus.ID]struct{}{}} }

// add reports whether id is new.
func (h *holding) add(id bus.ID) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if _, held := h.ids[id]; held {
		return false
	}
	h.ids[id] = struct{}{}
	return true
}

func (h *holding) remove(id bus.ID) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.ids, id)
}

func (h *holding) has(id bus.ID) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	_, held := h.ids[id]
	return held
}

func (h *holding) len() int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return len(h.ids)
}

// missing are those of ids that are not held, in their order.
func (h *holding) missing(ids []bus.ID) []bus.ID {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	var out []bus.ID
	for _, id := range ids {
		if _, held := h.ids[id]; !held {
			out = append(out, id)
		}
	}
	return out
}
