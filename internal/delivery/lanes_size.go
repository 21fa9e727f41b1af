package delivery

// Len is how many items a lane holds, one in flight among them.
func (l *Lanes[T]) Len(name string) int {
	if ln := l.lanes[name]; ln != nil {
		return ln.items.len()
	}
	return 0
}

// Ready is how many lanes wait for nothing but a slot.
func (l *Lanes[T]) Ready() int { return l.ready.len() + l.readySlow.len() }

// Size is how many lanes there are.
func (l *Lanes[T]) Size() int { return len(l.lanes) }
