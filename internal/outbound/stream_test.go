package outbound

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// A stream is one message, on every kind of platform.
func TestAStream(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{"native": "a ab abc", "edits": "a ab abc", "once": "abc"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			b, board := newBench(t), newBoard(form)
			b.consumer("n1", on(board))
			status := envelope.StatusDelivered
			if form == "once" {
				status = envelope.StatusSuperseded
			}
			first := b.ends(b.snapshot("s", 0, "a"), status)
			b.ends(b.snapshot("s", 1, "ab"), status)
			last := b.ends(b.snapshot("s", 2, "abc", "final", true), envelope.StatusDelivered)
			if got := board.history(0); got != want {
				t.Errorf("it read %q, want %q", got, want)
			}
			if got := board.reads("c"); got != "abc" {
				t.Errorf("the channel reads %q", got)
			}
			if last.MessageKey != "s" || strings.Join(last.MessageIDs, " ") != "p1" {
				t.Errorf("the last receipt: %+v", last)
			}
			if form != "once" && strings.Join(first.MessageIDs, " ") != "p1" {
				t.Errorf("the first receipt: %+v", first)
			}
			if form == "native" && !board.posts[0].done {
				t.Error("it still grows")
			}
			b.awaitEmpty()
			if state := b.claim("s", "state"); state != "done" {
				t.Errorf("its claim is %q", state)
			}
		})
	}
}

// What waits while the first is on its way is one snapshot, the newest, in the
// place of the oldest.
func TestTheNewestSnapshotStandsInTheOldestsPlace(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	entered, letGo := board.stall("0")
	lists := []string{b.snapshot("s", 0, "0")}
	b.consumer("n1", on(board))
	<-entered
	lists = append(lists, b.snapshot("s", 1, "1"))
	other := b.say("c", "m", "behind")
	lists = append(lists, b.snapshot("s", 2, "2"), b.snapshot("s", 3, "3"))
	b.ends(lists[1], envelope.StatusSuperseded)
	b.ends(lists[2], envelope.StatusSuperseded)
	letGo()
	b.ends(lists[0], envelope.StatusDelivered)
	b.ends(lists[3], envelope.StatusDelivered)
	b.ends(other, envelope.StatusDelivered)
	if got := board.history(0); got != "0 3" {
		t.Errorf("it read %q", got)
	}
}

// An answer is corrected to a shorter one and goes on: the message that it did
// not need meanwhile is gone, and what it needs then is another one.
func TestAStreamShrinksAndGrows(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprint("an answer lost ", lost), func(t *testing.T) {
			t.Parallel()
			b, board := newBench(t), newBoard("native")
			board.caps.NativeKey = false
			board.after = func(w writing, nth int) error {
				if lost && w.Remove && nth == 0 {
					return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentUnknown, Message: "the answer was lost"}
				}
				return nil
			}
			b.consumer("n1", on(board))
			for i, text := range []string{"a|b", "c", "d|e", "f|g|h"} {
				b.ends(b.snapshot("s", i, text), envelope.StatusDelivered)
				if want := strings.ReplaceAll(text, "|", " "); board.reads("c") != want {
					t.Errorf("the channel reads %q; want %q", board.reads("c"), want)
				}
			}
			last := b.ends(b.snapshot("s", 4, "end", "final", true), envelope.StatusDelivered)
			if got := strings.TrimSpace(strings.Join(last.MessageIDs, " ")); board.reads("c") != "end" || got != "p1" {
				t.Errorf("the channel reads %q, the last receipt has %q", board.reads("c"), got)
			}
		})
	}
}
