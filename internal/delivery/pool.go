package delivery

import "container/heap"

// pool is a set of lanes that wait for a slot, whose turn it is first on top:
// those that nothing bars, or those behind one gate. It stands in a front as
// long as it is open and not empty, so that opening a gate costs the same
// however many are behind it.
type pool[T any] struct {
	lanes []*lane[T]
	gate  *gate[T]  // it is behind; nil = none
	front *front[T] // nil = shut
	place int       // in the front, from 1; 0 = not there
}

func (p *pool[T]) add(ln *lane[T]) {
	ln.pool = p
	heap.Push(p, ln)
	if p.front != nil {
		p.front.size++
	}
	p.settle()
}

// pop takes the first lane out.
func (p *pool[T]) pop() *lane[T] {
	ln := heap.Pop(p).(*lane[T])
	ln.pool = nil
	if p.front != nil {
		p.front.size--
	}
	p.settle()
	return ln
}

// moved notes that a lane's place has changed.
func (p *pool[T]) moved(ln *lane[T]) {
	heap.Fix(p, ln.at)
	p.settle()
}

// settle puts the pool where its first lane belongs in the front.
func (p *pool[T]) settle() {
	switch {
	case p.front == nil:
	case p.place == 0 && len(p.lanes) > 0:
		heap.Push(p.front, p)
	case p.place > 0 && len(p.lanes) == 0:
		heap.Remove(p.front, p.place-1)
	case p.place > 0:
		heap.Fix(p.front, p.place-1)
	}
}

// open lets the lanes go on.
func (p *pool[T]) open(to *front[T]) {
	p.front = to
	to.size += len(p.lanes)
	p.settle()
}

// shut keeps them.
func (p *pool[T]) shut() {
	if p.front == nil {
		return
	}
	if p.place > 0 {
		heap.Remove(p.front, p.place-1)
	}
	p.front.size -= len(p.lanes)
	p.front = nil
}

// Len is heap.Interface's, as are the following.
func (p *pool[T]) Len() int           { return len(p.lanes) }
func (p *pool[T]) Less(i, j int) bool { return p.lanes[i].before(p.lanes[j]) }
func (p *pool[T]) Swap(i, j int) {
	p.lanes[i], p.lanes[j] = p.lanes[j], p.lanes[i]
	p.lanes[i].at, p.lanes[j].at = i, j
}

func (p *pool[T]) Push(x any) {
	ln := x.(*lane[T])
	ln.at = len(p.lanes)
	p.lanes = append(p.lanes, ln)
}

func (p *pool[T]) Pop() any {
	last := len(p.lanes) - 1
	ln := p.lanes[last]
	p.lanes[last] = nil
	p.lanes = p.lanes[:last]
	return ln
}

// front is the open pools, the one whose first lane has the turn on top.
type front[T any] struct {
	pools []*pool[T]
	size  int // lanes in them
}

// first is the lane that has the turn, nil if there is none.
func (f *front[T]) first() *lane[T] {
	if len(f.pools) == 0 {
		return nil
	}
	return f.pools[0].lanes[0]
}

// Len is heap.Interface's, as are the following.
func (f *front[T]) Len() int           { return len(f.pools) }
func (f *front[T]) Less(i, j int) bool { return f.pools[i].lanes[0].before(f.pools[j].lanes[0]) }
func (f *front[T]) Swap(i, j int) {
	f.pools[i], f.pools[j] = f.pools[j], f.pools[i]
	f.pools[i].place, f.pools[j].place = i+1, j+1
}

func (f *front[T]) Push(x any) {
	p := x.(*pool[T])
	f.pools = append(f.pools, p)
	p.place = len(f.pools)
}

func (f *front[T]) Pop() any {
	last := len(f.pools) - 1
	p := f.pools[last]
	f.pools[last] = nil
	f.pools = f.pools[:last]
	p.place = 0
	return p
}
