package coverage

import "github.com/posternhq/postern/test/fault/history"

// The groups, in the order of the table.
const (
	Faults   = "faults"
	Claim    = "claim found"     // what a look at a claim led to
	Lookups  = "platform asked"  // what a look at the platform did
	Failures = "part failed"     // what was done about it
	Parts    = "parts"           // how the parts of one message came
	Owners   = "owners"          // how the right to send moved
	Ends     = "ends"            // how entries ended
	Reasons  = "dead because of" // the codes of dead letters
)

var groups = []string{Faults, Claim, Lookups, Failures, Parts, Owners, Ends, Reasons}

// Platform is what decides which arrows can be gone through.
type Platform struct {
	Promise history.Promise
	Parts   bool // messages of several parts
	Doomed  bool // the crowd says what can only die
	Timing  bool // and what expires
	Nodes   int
}

// Rows are all that can be shown on such a platform.
func Rows(p Platform) []Row {
	var rows []Row
	add := func(group string, names ...string) {
		for _, name := range names {
			rows = append(rows, Row{group, name})
		}
	}
	add(Claim, "send", "send_again", "duplicate", "conflict", "wait", "overtaken")
	add(Failures, "retry", "gate", "outage")
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
	if p.Parts {
		add(Parts, next, resumed)
	}
	if p.Doomed {
		add(Reasons, "undecodable", "invalid")
	}
	if p.Timing {
		add(Ends, "expired")
		add(Reasons, "expired")
	}
	return rows
}

// What a history shows of parts.
const (
	next     = "part after part"
	resumed  = "the rest by another owner"
	knownKey = "sent again under a known key"
	flagged  = "flagged as a possible duplicate"
)

// taken is the row of a change of owner after a fault of the one before.
func taken(after history.FaultKind) string { return "take-over after " + string(after) }
