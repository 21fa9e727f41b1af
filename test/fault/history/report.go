package history

import (
	"fmt"
	"strings"
)

// Broken names what is held against docs/delivery.md.
type Broken string

// The promises.
const (
	Loss      Broken = "nothing is lost"
	Once      Broken = "once in effect"
	Order     Broken = "in order per conversation"
	Parking   Broken = "every open case is parked"
	Flagging  Broken = "every possible duplicate is flagged"
	Truth     Broken = "receipts and records say what happened"
	Invention Broken = "nothing is seen that nobody said"
	Holder    Broken = "one node holds the connection"
	Timing    Broken = "not before its time"
)

// Violation is one broken promise and the history that shows it.
type Violation struct {
	Promise Broken
	What    string   // what is wrong, in a sentence
	History []string // all that is known of the key or the address, in order
}

// String is the violation as a person reads it: several lines.
func (v Violation) String() string {
	return fmt.Sprintf("BROKEN: %s\n  %s\n    %s", v.Promise, v.What, strings.Join(v.History, "\n    "))
}

// Report is what Check found.
type Report struct {
	Broken []Violation

	// Residue is what would be broken but for a freeze that the evidence shows:
	// the one case that docs/delivery.md names as possible.
	Residue []Violation

	Tally Tally
}

// Tally counts what was judged.
type Tally struct {
	Operations, Entries, Requests, Effects  int
	Delivered, Duplicate, Superseded        int // receipts, by status
	Expired, Dead, Parked, Flagged, Unknown int // Unknown: XADDs whose answer was lost
}
