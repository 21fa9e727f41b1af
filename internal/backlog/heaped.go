package backlog

import "slices"

// heaped are numbers in a heap (container/heap), the first by its order on top.
// Memory is given back as they leave, beyond room for heapedLeast.
type heaped struct {
	numbers []uint32
	before  func(x, y uint32) bool
}

const heapedLeast = 1024

func (h *heaped) top() (n uint32, ok bool) {
	if len(h.numbers) == 0 {
		return 0, false
	}
	return h.numbers[0], true
}

func (h *heaped) Len() int           { return len(h.numbers) }
func (h *heaped) Less(i, j int) bool { return h.before(h.numbers[i], h.numbers[j]) }
func (h *heaped) Swap(i, j int)      { h.numbers[i], h.numbers[j] = h.numbers[j], h.numbers[i] }

// Push is heap.Interface's.
func (h *heaped) Push(x any) { h.numbers = append(h.numbers, x.(uint32)) }

// Pop is heap.Interface's.
func (h *heaped) Pop() any {
	last := len(h.numbers) - 1
	out := h.numbers[last]
	h.numbers = h.numbers[:last]
	if room := cap(h.numbers); room > heapedLeast && last < room/4 {
		h.numbers = slices.Clone(h.numbers)
	}
	return out
}
