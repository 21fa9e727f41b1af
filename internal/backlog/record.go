package backlog

import "github.com/posternhq/postern/internal/bus"

// record is one entry that is kept, in 24 bytes.
type record struct {
	id   uint64 // packed
	key  uint64 // its hash, if the entry is found by it; 0 = it is not
	next uint32 // behind it in its lane: its number and one; 0 = none
	lane uint32 // its number; of a queued one and a taken one
}

// An id is packed as 42 bits of milliseconds, up to the year 2109, and 21 of
// the sequence: no Redis adds two million entries in one. Another one has been
// made by hand, and is kept beside.
const (
	seqBits = 21
	msBits  = 42
	unfit   = 1 << 63
)

// pack reports whether an id fits.
func (r *record) pack(id bus.ID) bool {
	r.id = unfit
	if id.MS < 1<<msBits && id.Seq < 1<<seqBits {
		r.id = id.MS<<seqBits | id.Seq
	}
	return r.id != unfit
}

func (r *record) unpack() (id bus.ID, fits bool) {
	return bus.ID{MS: r.id >> seqBits, Seq: r.id & (1<<seqBits - 1)}, r.id != unfit
}
