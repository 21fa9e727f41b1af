package outbound

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// A node dies at each arrow of a stream's life, and newer snapshots are there
// when the next one takes over: one message, exact at its end, and never back.
func TestACrashInTheMiddleOfAStream(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"native", "edits"} {
		for name, c := range map[string]struct {
			hold func(b *board) <-chan struct{}
			want string // what it read; in doubt, what was begun is done again
		}{
			"before it is made":   {func(b *board) <-chan struct{} { in, _ := b.stall("0"); return in }, "0 end"},
			"when it is made":     {func(b *board) <-chan struct{} { return b.swallow("0") }, "0 end"},
			"before it is edited": {func(b *board) <-chan struct{} { in, _ := b.stall("1"); return in }, "0 1 end"},
			"when it is edited":   {func(b *board) <-chan struct{} { return b.swallow("1") }, "0 1 end"},
			"before it is final":  {func(b *board) <-chan struct{} { in, _ := b.stall("end"); return in }, "0 1 end"},
			"when it is final":    {func(b *board) <-chan struct{} { return b.swallow("end") }, "0 1 end"},
		} {
			t.Run(form+" "+name, func(t *testing.T) {
				t.Parallel()
				b, board := newBench(t), newBoard(form)
				reached := c.hold(board)
				first := b.consumer("n1", on(board))
				for seq, text := range []string{"0", "1"} {
					if !b.settled(b.snapshot("s", seq, text), reached) {
						break
					}
				}
				final := b.snapshot("s", 9, "end", "final", true)
				<-reached
				b.until("all is read", func() bool { return b.pending() == b.client.XLen(t.Context(), b.stream).Val() })
				crash(first)
				b.vacate()
				b.consumer("n2", on(board))
				if r := b.ends(final, envelope.StatusDelivered); strings.Join(r.MessageIDs, " ") != "p1" {
					t.Errorf("receipt %+v", r)
				}
				b.awaitEmpty()
				if got := board.reads("c"); got != "end" {
					t.Errorf("the channel reads %q", got)
				}
				if got := board.history(0); got != c.want {
					t.Errorf("it read %q, want %q", got, c.want)
				}
			})
		}
	}
}

// settled waits until an entry has its receipt, or reached is closed first.
func (b *bench) settled(list string, reached <-chan struct{}) bool {
	done := false
	b.until("a receipt, or the place to crash at", func() bool {
		select {
		case <-reached:
			return true
		default:
			done = b.client.LLen(b.t.Context(), list).Val() > 0
			return done
		}
	})
	return done
}

// The text has grown into several messages when the node dies between them:
// the next one carries that on as it was cut, and then shows the final text.
func TestACrashBetweenAStreamsParts(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	reached := board.swallow("b")
	first := b.consumer("n1", on(board))
	b.snapshot("s", 0, "a|b|c")
	<-reached
	final := b.snapshot("s", 1, "A|B|C|D", "final", true)
	b.until("the final one is read", func() bool { return b.pending() == 2 })
	crash(first)
	b.vacate()
	b.consumer("n2", on(board))
	if r := b.ends(final, envelope.StatusDelivered); strings.Join(r.MessageIDs, " ") != "p1 p2 p3 p4" {
		t.Errorf("receipt %+v", r)
	}
	if got := board.reads("c"); got != "A B C D" {
		t.Errorf("the channel reads %q", got)
	}
}

// On a platform that cannot tell, a message that may have been made is made
// again, flagged, or left to a person; then the final one is, too.
func TestAStreamOnAPlatformWithoutKeys(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]struct {
		status envelope.Status
		reads  string
	}{
		envelope.UnknownResend: {envelope.StatusDelivered, "0 end"},
		envelope.UnknownPark:   {envelope.StatusParked, "0"},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b, board := newBench(t), newBoard("edits")
			board.caps.NativeKey = false
			board.after = func(w writing, nth int) error {
				if w.Text == "0" && nth == 0 {
					return lost()
				}
				return nil
			}
			b.consumer("n1", on(board))
			made := b.snapshot("s", 0, "0", "on_unknown", policy)
			if r := b.ends(made, want.status); r.PossibleDuplicate != (policy == envelope.UnknownResend) {
				t.Errorf("receipt %+v", r)
			}
			final := b.ends(b.snapshot("s", 1, "end", "final", true, "on_unknown", policy), want.status)
			if policy == envelope.UnknownPark && final.Error.Code != envelope.CodeUnknown {
				t.Errorf("the final one: %+v", final.Error)
			}
			if got := board.reads("c"); got != want.reads {
				t.Errorf("the channel reads %q, want %q", got, want.reads)
			}
		})
	}
}

// The answer to an edit is lost. It sets a state, so it is done again, the
// final one too.
func TestAnEditInDoubtIsDoneAgain(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	board.caps.NativeKey = false
	board.after = func(w writing, nth int) error {
		if nth == 0 && w.Text != "0" {
			return lost()
		}
		return nil
	}
	b.consumer("n1", on(board))
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	if r := b.ends(b.snapshot("s", 1, "end", "final", true), envelope.StatusDelivered); r.PossibleDuplicate {
		t.Errorf("receipt %+v", r)
	}
	if got := board.history(0); got != "0 end end" {
		t.Errorf("it read %q", got)
	}
}

// The first attempt at a snapshot certainly failed; what came meanwhile stands
// in its place, before what was published between them.
func TestANewerSnapshotTakesThePlaceOfOneInBackoff(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	entered, letGo := board.stall("1")
	board.before = func(w writing, nth int) error {
		if w.Text == "1" {
			return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "hiccup"}
		}
		return nil
	}
	b.consumer("n1", on(board))
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	first := b.snapshot("s", 1, "1")
	<-entered
	message := b.say("c", "m", "after 2")
	second := b.snapshot("s", 2, "2")
	b.until("both are read", func() bool { return b.pending() == 3 })
	letGo()
	b.ends(first, envelope.StatusSuperseded)
	b.ends(second, envelope.StatusDelivered)
	b.ends(message, envelope.StatusDelivered)
	if got := board.history(0); got != "0 2" {
		t.Errorf("it read %q", got)
	}
	b.ends(b.snapshot("s", 3, "end", "final", true), envelope.StatusDelivered)
	b.awaitEmpty()
}
