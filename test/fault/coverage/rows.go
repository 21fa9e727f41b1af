package coverage

import "github.com/posternhq/postern/test/fault/history"

// The groups, in the order of the table.
const (
	Faults   = "faults"
	Claim    = "claim found"     // what a look at a claim led to
	Lookups  = "platform asked"  // what a look at the platform did
	Failures = "part failed"     // what was done about it
	Parts    = "parts"           // how the parts of one message came
	Waits    = "waits"           // what came later than at its turn
	Owners   = "owners"          // how the right to send moved
	Ends     = "ends"            // how entries ended
	Reasons  = "dead because of" // the codes of dead letters
)

var groups = []string{Faults, Claim, Lookups, Failures, Parts, Waits, Owners, Ends, Reasons}

// Platform is what decides which arrows can be gone through.
type Platform struct {
	Promise history.Promise
	Parts   bool // messages of several parts
	Doomed  bool // the crowd says what can only die
	Streams bool // what grows
	Timing  bool // and what expires
	Nodes   int
}

// Rows are all that is to be shown on such a platform. Of what the gateway
// counts besides, this is not: of failed parts, "delivered" (the sink never says
// that something is there all the same) and "expired" (the last refusal must
// come within a backoff of the end); where parking is asked, "poison" (what its
// first owner died of is parked).
func Rows(p Platform) []Row {
	var rows []Row
	add := func(group string, names ...string) {
		for _, name := range names {
			rows = append(rows, Row{group, name})
		}
	}
	add(Claim, "send", "send_again", "duplicate", "conflict", "wait")
	add(Failures, "retry", "gate", "outage", "auth", "dead")
	add(Ends, "delivered", "duplicate", "superseded", "dead")
	add(Reasons, "conflict")
	add(Owners, taken(history.Killed), taken(history.Stopped))
	if p.Nodes > 1 {
		add(Owners, taken(history.Frozen), taken(history.CutOff))
	}
	switch pr := p.Promise; {
	case pr.NativeKey:
		add(Parts, knownKey)
	case pr.ReadBack:
		add(Claim, "look")
		add(Lookups, "found", "absent")
	case pr.OnUnknown == "park":
		add(Claim, "park")
		add(Failures, "parked")
		add(Ends, "parked")
	default:
		add(Claim, "resend")
		add(Parts, flagged)
	}
	if p.Promise.OnUnknown != "park" {
		add(Claim, "poison")
		add(Reasons, "poison")
	}
	if p.Parts {
		add(Parts, next, resumed)
	}
	if p.Doomed {
		add(Claim, "blocked")
		add(Reasons, "undecodable", "invalid", "internal")
	}
	if p.Timing {
		add(Waits, due)
		add(Ends, "expired")
		add(Reasons, "expired")
	}
	if p.Streams {
		add(Claim, "overtaken", "elsewhere")
		add(Waits, grew)
	}
	return rows
}

// What a history shows of parts.
const (
	next     = "part after part"
	resumed  = "the rest by another owner"
	knownKey = "sent again under a known key"
	flagged  = "flagged as a possible duplicate"
	due      = "not before its time"
	grew     = "snapshot after snapshot"
)

// taken is the row of a change of owner after a fault of the one before.
func taken(after history.FaultKind) string { return "take-over after " + string(after) }
