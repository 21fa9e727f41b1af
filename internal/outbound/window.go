package outbound

// window bounds the letters of the entries that wait in memory. The others are
// read again, each in its turn.
type window struct {
	entries, bytes       int // in it now
	maxEntries, maxBytes int
}

// newWindow makes room for what a burst leaves waiting for a moment, so that
// it is only a backlog, not a burst, whose letters are read and decoded twice.
func newWindow(inFlight int) window {
	return window{maxEntries: max(8192, 4*inFlight), maxBytes: 16 << 20}
}

// takes reports whether the entry's letter may stay in memory.
func (w *window) takes(e *entry) bool {
	size := letterSize(e)
	if w.entries+1 > w.maxEntries || w.bytes+size > w.maxBytes {
		return false
	}
	w.entries++
	w.bytes += size
	e.windowed = size
	return true
}

// crowded reports whether more than a quarter of it is taken.
func (w *window) crowded() bool {
	return w.entries > w.maxEntries/4 || w.bytes > w.maxBytes/4
}

// gives makes room again when an entry leaves.
func (w *window) gives(e *entry) {
	if e.windowed > 0 {
		w.entries--
		w.bytes -= e.windowed
		e.windowed = 0
	}
}

// letterSize is what a letter costs, near enough: its bytes, twice (raw and
// decoded), and the struct.
func letterSize(e *entry) int { return 2*len(e.letter.data) + 1024 }
