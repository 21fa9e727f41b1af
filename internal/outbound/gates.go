package outbound

import (
	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// gateName names the gate that a rate limit shut for an entry.
func gateName(g platform.Gate, e *entry) string {
	switch g {
	case platform.GateAccount:
		return "account"
	case platform.GateRoute:
		return "route " + string(e.route())
	default:
		return "channel " + e.letter.env.ChannelID
	}
}

// gatesOf names the gates before an entry. One whose letter is not in memory
// passes its channel's and its route's when it comes back from the attempt.
func gatesOf(_ string, e *entry) []string {
	if e.letter == nil {
		return []string{"account"}
	}
	return []string{"account", "route " + string(e.route()), "channel " + e.letter.env.ChannelID}
}

// noGates: an RPC passes none.
func noGates(string, *entry) []string { return nil }

// route is the platform's method that an entry goes by: a snapshot's, as most
// do, replaces the text of what is there.
func (e *entry) route() envelope.Type {
	if e.snap != nil {
		return envelope.TypeEdit
	}
	return e.letter.env.Type
}
