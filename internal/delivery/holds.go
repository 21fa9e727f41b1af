package delivery

// holds are the lanes that are held, the earliest first; of those until the
// same moment, who was ready first.
type holds[T any] []*lane[T]

func (h holds[T]) Len() int { return len(h) }
func (h holds[T]) Less(i, j int) bool {
	if h[i].until.Equal(h[j].until) {
		return h[i].turn < h[j].turn
	}
	return h[i].until.Before(h[j].until)
}
func (h holds[T]) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is heap.Interface's.
func (h *holds[T]) Push(x any) { *h = append(*h, x.(*lane[T])) }

// Pop is heap.Interface's.
func (h *holds[T]) Pop() any {
	last := len(*h) - 1
	ln := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return ln
}
