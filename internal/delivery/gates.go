package delivery

import (
	"container/heap"
	"time"
)

// gate bars the lanes whose heads would pass it until then. It is kept as long
// as it is shut or lanes are behind it: those keep their turns and go on in
// their order, each when there is a slot for it.
type gate[T any] struct {
	name   string
	until  time.Time
	shut   bool
	at     int        // among those that are shut
	behind [2]pool[T] // lanes: the slow ones apart
}

// Shut keeps a gate shut until then. Lanes whose head would pass it wait.
func (l *Lanes[T]) Shut(name string, until time.Time) {
	g := l.gates[name]
	switch {
	case g == nil:
		g = &gate[T]{name: name}
		g.behind[0].gate, g.behind[1].gate = g, g
		l.gates[name] = g
	case !until.After(g.until):
		return
	}
	g.until = until
	if g.shut {
		heap.Fix(&l.shut, g.at)
		return
	}
	g.shut = true
	heap.Push(&l.shut, g)
	for i := range g.behind {
		g.behind[i].shut()
	}
}

// openGates opens those whose time has come.
func (l *Lanes[T]) openGates(now time.Time) {
	for len(l.shut) > 0 && !l.shut[0].until.After(now) {
		g := heap.Pop(&l.shut).(*gate[T])
		g.shut = false
		for i := range g.behind {
			g.behind[i].open(&l.fronts[i])
		}
		l.tidy(g)
	}
}

// barring is the shut gate before a lane's head, of several the one that opens
// last; nil if none is.
func (l *Lanes[T]) barring(ln *lane[T]) (bar *gate[T]) {
	if len(l.shut) == 0 {
		return nil
	}
	for _, name := range l.gatesOf(ln.name, ln.items.first()) {
		if g := l.gates[name]; g != nil && g.shut && (bar == nil || g.until.After(bar.until)) {
			bar = g
		}
	}
	return bar
}

// tidy forgets a gate that bars nobody.
func (l *Lanes[T]) tidy(g *gate[T]) {
	if g != nil && !g.shut && len(g.behind[0].lanes)+len(g.behind[1].lanes) == 0 {
		delete(l.gates, g.name)
	}
}

// shutGates are those that are shut, the first to open on top.
type shutGates[T any] []*gate[T]

func (s shutGates[T]) Len() int           { return len(s) }
func (s shutGates[T]) Less(i, j int) bool { return s[i].until.Before(s[j].until) }
func (s shutGates[T]) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].at, s[j].at = i, j
}

// Push is heap.Interface's.
func (s *shutGates[T]) Push(x any) {
	g := x.(*gate[T])
	g.at = len(*s)
	*s = append(*s, g)
}

// Pop is heap.Interface's.
func (s *shutGates[T]) Pop() any {
	last := len(*s) - 1
	g := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return g
}
