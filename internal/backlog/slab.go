package backlog

import "math/bits"

// chunkItems is how many items come and go with one piece of memory: 128
// records and their bits fill one of Go's sizes, 3,200 bytes, but for a hundred.
const chunkItems = 128

// slab gives each item a number that stays its own until it is freed, and may
// then be another one's. A chunk in which nothing is left is given back, but for
// the only one. The zero value is empty.
type slab[T any] struct {
	chunks []*chunk[T]
	room   []uint32 // chunks with a free item; those that were given back have all
	live   int
}

type chunk[T any] struct {
	items [chunkItems]T
	used  [chunkItems / 64]uint64 // a bit each
	live  int
}

// at is the item with a number that is in use.
func (s *slab[T]) at(n uint32) *T { return &s.chunks[n/chunkItems].items[n%chunkItems] }

// take finds a free number; its item is zero.
func (s *slab[T]) take() uint32 {
	if len(s.room) == 0 {
		s.room = append(s.room, uint32(len(s.chunks)))
		s.chunks = append(s.chunks, nil)
	}
	no := s.room[len(s.room)-1]
	c := s.chunks[no]
	if c == nil {
		c = &chunk[T]{}
		s.chunks[no] = c
	}
	i := c.claim()
	if c.live == chunkItems {
		s.room = s.room[:len(s.room)-1]
	}
	s.live++
	return no*chunkItems + i
}

// claim marks the first free item of a chunk that has one.
func (c *chunk[T]) claim() uint32 {
	for w, word := range c.used {
		if free := bits.TrailingZeros64(^word); free < 64 {
			c.used[w] |= 1 << free
			c.live++
			return uint32(w*64 + free)
		}
	}
	panic("unreachable: a chunk in room has some")
}

// free gives a number back.
func (s *slab[T]) free(n uint32) {
	no, i := n/chunkItems, n%chunkItems
	c := s.chunks[no]
	var zero T
	c.items[i] = zero
	c.used[i/64] &^= 1 << (i % 64)
	if c.live == chunkItems {
		s.room = append(s.room, no)
	}
	c.live--
	s.live--
	switch {
	case s.live == 0 && len(s.chunks) > 1:
		*s = slab[T]{}
	case c.live == 0 && s.live > 0:
		s.chunks[no] = nil
	}
}
