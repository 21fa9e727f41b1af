package backlog

// index finds numbers by a hash of what they stand for: open addressing in
// slots of four bytes, each a number and one; 0 is empty. It is cut into parts
// that grow apart, so that no growth takes long.
//
// Of a part at most four fifths are in use, and it grows by a quarter: five to
// six and a quarter bytes for each.
type index struct{ parts [indexParts]part }

type part struct {
	slots []uint32
	used  int
}

const (
	indexParts = 16
	partBits   = 4  // of the hash, the highest; the others say where in it
	partFirst  = 16 // slots
)

// hashed tells the hash of a number that is in the index.
type hashed func(n uint32) uint32

func (x *index) of(hash uint32) *part { return &x.parts[hash>>(32-partBits)] }

// add takes a number in.
func (x *index) add(n, hash uint32, of hashed) {
	p := x.of(hash)
	if (p.used+1)*5 > len(p.slots)*4 {
		p.resize(max(partFirst, len(p.slots)+len(p.slots)/4), of)
	}
	p.put(n, hash)
	p.used++
}

func (p *part) put(n, hash uint32) {
	i := p.home(hash)
	for p.slots[i] != 0 {
		i = p.after(i)
	}
	p.slots[i] = n + 1
}

// home is the slot that a hash's search begins at.
func (p *part) home(hash uint32) int { return int(uint64(hash<<partBits) * uint64(len(p.slots)) >> 32) }

func (p *part) after(i int) int {
	if i++; i == len(p.slots) {
		return 0
	}
	return i
}

// steps is how far a search goes from one slot to another.
func (p *part) steps(from, to int) int {
	if to < from {
		to += len(p.slots)
	}
	return to - from
}

// find returns the number with a hash that is the one looked for.
func (x *index) find(hash uint32, is func(n uint32) bool) (n uint32, ok bool) {
	p := x.of(hash)
	if p.used == 0 {
		return 0, false
	}
	for i := p.home(hash); p.slots[i] != 0; i = p.after(i) {
		if n := p.slots[i] - 1; is(n) {
			return n, true
		}
	}
	return 0, false
}

// remove takes a number out that is in. What stands behind it moves up, so that
// no search ends too soon.
func (x *index) remove(n, hash uint32, of hashed) {
	p := x.of(hash)
	hole := p.home(hash)
	for p.slots[hole] != n+1 {
		hole = p.after(hole)
	}
	for i := p.after(hole); p.slots[i] != 0; i = p.after(i) {
		if home := p.home(of(p.slots[i] - 1)); p.steps(home, i) >= p.steps(hole, i) {
			p.slots[hole], hole = p.slots[i], i
		}
	}
	p.slots[hole] = 0
	p.used--
	switch {
	case p.used == 0:
		p.slots = nil
	case len(p.slots) > partFirst && p.used*5 < len(p.slots)*2:
		p.resize(max(partFirst, len(p.slots)/2), of)
	}
}

// resize moves all into a new array.
func (p *part) resize(size int, of hashed) {
	old := p.slots
	p.slots = make([]uint32, size)
	for _, slot := range old {
		if slot != 0 {
			p.put(slot-1, of(slot-1))
		}
	}
}
