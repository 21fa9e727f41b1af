package backlog

import "github.com/posternhq/postern/internal/bus"

// record is one entry that is kept, in 24 bytes.
type record struct {
	id   packed
	key  uint64 // its hash, if the entry is found by it; 0 = it is not
	next uint32 // behind it in its lane: its number and one; 0 = none
	lane uint32 // its number; of a queued one and a taken one
}

// packed is an id in 42 bits of milliseconds, up to the year 2109, and 21 of the
// sequence: no Redis adds two million entries in one. Another one has been made
// by hand, and is kept beside.
type packed uint64

const (
	seqBits = 21
	msBits  = 42

	unfit packed = 1 << 63
)

// pack is unfit of an id that does not fit.
func pack(id bus.ID) packed {
	if id.MS < 1<<msBits && id.Seq < 1<<seqBits {
		return packed(id.MS<<seqBits | id.Seq)
	}
	return unfit
}

func (p packed) unpack() (id bus.ID, fits bool) {
	return bus.ID{MS: uint64(p >> seqBits), Seq: uint64(p & (1<<seqBits - 1))}, p != unfit
}
