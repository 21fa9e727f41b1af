package delivery

import "slices"

// queue is first in, first out, in one slice that is compacted as it empties.
// The zero value is empty.
type queue[T any] struct {
	items []T
	head  int
}

func (q *queue[T]) len() int    { return len(q.items) - q.head }
func (q *queue[T]) push(v T)    { q.items = append(q.items, v) }
func (q *queue[T]) first() T    { return q.items[q.head] }
func (q *queue[T]) last() T     { return q.items[len(q.items)-1] }
func (q *queue[T]) setLast(v T) { q.items[len(q.items)-1] = v }

// insert puts items, in their order, before the one at index i.
func (q *queue[T]) insert(i int, items ...T) { q.items = slices.Insert(q.items, q.head+i, items...) }

// pop takes the first item out. Once half of the slice is used up it is moved
// to the front, so that a pop costs O(1) over time and nothing is kept alive.
func (q *queue[T]) pop() T {
	var zero T
	v := q.items[q.head]
	q.items[q.head] = zero
	q.head++
	if q.head*2 >= len(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	return v
}
