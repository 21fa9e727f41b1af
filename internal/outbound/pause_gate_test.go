package outbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// A platform takes a message and says that no other may follow it for an hour:
// nothing behind that gate is tried, by this owner or the next, and the other
// channels go on.
func TestAPauseShutsItsGate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.pauses = func(part platform.Part) []platform.Pause {
		if string(part.Body) == "first" {
			return []platform.Pause{{Gate: platform.GateChannel, For: time.Hour}}
		}
		return nil
	}
	first := b.consumer("n1")
	b.ends(b.say("c", "k1", "first"), envelope.StatusDelivered)
	b.awaitGates(1)
	b.say("c", "k2", "behind it")
	b.ends(b.say("d", "k3", "other channel"), envelope.StatusDelivered)
	crash(first)
	b.vacate()
	b.consumer("n2")
	b.ends(b.say("d", "k4", "other channel again"), envelope.StatusDelivered)
	if b.platform.asked("behind it") {
		t.Error("what was behind the gate was tried")
	}
}

// The parts of one message wait for the gate that the part before them shut.
func TestAPauseHoldsTheNextPart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const pause = time.Second
	b.platform.pauses = func(platform.Part) []platform.Pause {
		return []platform.Pause{{Gate: platform.GateChannel, For: pause}}
	}
	b.consumer("n1")
	began := time.Now()
	r := b.ends(b.say("c", "k1", "one|two|three"), envelope.StatusDelivered)
	if took := time.Since(began); took < 2*pause || len(r.MessageIDs) != 3 || r.Attempts != 3 {
		t.Errorf("three parts took %v, receipt %+v; want two pauses of %v, three attempts", took, r, pause)
	}
}

// The platform keeps keys, but none of the second part: its lost answer leaves
// a doubt, which the first part's does not.
func TestAPartWithoutAKey(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lost     string
		doubtful bool
	}{
		"the part with a key":    {"first", false},
		"the part without a key": {"second", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.after = func(part platform.Part, nth int) error {
				if string(part.Body) == tt.lost && nth == 0 {
					return &platform.Error{Code: envelope.CodeUnknown, Message: "the answer was lost"}
				}
				return nil
			}
			b.consumer("n1")
			r := b.ends(b.say("c", "k1", "first|-second"), envelope.StatusDelivered)
			if r.PossibleDuplicate != tt.doubtful {
				t.Errorf("possible_duplicate is %v; want %v", r.PossibleDuplicate, tt.doubtful)
			}
		})
	}
}

// An edit outgrows its message. Its second part makes a message, so its lost
// answer leaves a doubt, which the first part's does not: that one is replaced.
func TestAPartThatMakesIsNoState(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lost     string
		doubtful bool
	}{
		"the part that replaces": {"longer", false},
		"the part that makes":    {"rest", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = false
			b.platform.after = func(part platform.Part, nth int) error {
				if string(part.Body) == tt.lost && nth == 0 {
					return &platform.Error{Code: envelope.CodeUnknown, Message: "the answer was lost"}
				}
				return nil
			}
			b.consumer("n1")
			r := b.ends(b.editing("c", "m1", "longer|+rest"), envelope.StatusDelivered)
			if r.PossibleDuplicate != tt.doubtful {
				t.Errorf("possible_duplicate is %v; want %v", r.PossibleDuplicate, tt.doubtful)
			}
		})
	}
}
