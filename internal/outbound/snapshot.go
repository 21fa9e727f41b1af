package outbound

import (
	"strconv"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
)

// snapshot is what an entry of a stream has beside the others.
type snapshot struct {
	delivery.Snapshot
	quiet bool // none came for too long: the last one, settled already, once more as the final one
	open  bool // quiet, and its operation was on its way: that is carried on, if nobody has ended it since

	// What stands needs: in whose place in the lane this one stands, and who in
	// its own; nil = itself. Of its own place, how often nobody does.
	place, who *entry
	vacant     int
}

// snapshotOf reads a snapshot's order from its envelope; nil if it is none.
func snapshotOf(env *envelope.Outbound) *snapshot {
	if env.Type != envelope.TypeStream {
		return nil
	}
	return &snapshot{Snapshot: delivery.Snapshot{Seq: env.Seq, Final: env.Final, Blank: env.Text == ""}}
}

// digestOf is the digest that a claim keeps. A snapshot's is of what it shows:
// its seq does not make it another content, nor that it is the final one.
func digestOf(env *envelope.Outbound) string {
	if env.Type != envelope.TypeStream {
		return env.Digest()
	}
	shown := *env
	shown.Seq, shown.Final = 0, false
	return shown.Digest()
}

// nameOf names an operation on a stream's message for ever, to the platform:
// its making as a message of that key, every other one apart.
func nameOf(stream string, s bus.Snapshot) string {
	seq := strconv.FormatInt(s.Seq, 10) + ":" + stream
	switch {
	case s.Op == bus.OpMake:
		return "k" + stream
	case s.Op == bus.OpEnd:
		return "x" + seq
	case s.Final:
		return "f" + seq
	default:
		return "s" + seq
	}
}
