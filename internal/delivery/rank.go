package delivery

import "github.com/posternhq/postern/envelope"

// Rank says how soon something should go, between lanes: within one, order is
// never changed.
type Rank uint8

// The ranks, the most urgent first.
const (
	RankMessage Rank = iota // what people wait for: messages, streams that are finished
	RankChange              // of what is there already: edits, reactions, streams that grow
	RankSign                // of life: typing, presence
	ranks
)

// headStart is how much sooner a lane goes for each rank, in rounds of all
// slots: four times the limit of lanes that are ready after it may go before
// it for each rank that they are above it, and never more. So nothing starves.
const headStart = 4

// RankOf is the rank of an operation.
func RankOf(o *envelope.Outbound) Rank {
	switch o.Type {
	case envelope.TypeTyping, envelope.TypePresence:
		return RankSign
	case envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction:
		return RankChange
	case envelope.TypeStream:
		if !o.Final {
			return RankChange
		}
	}
	return RankMessage
}

// tally counts a lane's items by their ranks.
type tally [ranks]int

// best is the most urgent rank that there is: what stands before it in its
// lane goes as soon, or it would wait for that.
func (t *tally) best() Rank {
	for r := range ranks {
		if t[r] > 0 {
			return r
		}
	}
	return RankMessage
}
