package outbound

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
)

// Snapshots out of order, and published twice: what is overtaken changes
// nothing, the final one always counts, and after it nothing does.
func TestSnapshotsOutOfOrder(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	b.consumer("n1", on(board))
	b.ends(b.snapshot("s", 5, "5"), envelope.StatusDelivered)
	b.ends(b.snapshot("s", 4, "4"), envelope.StatusSuperseded)
	b.ends(b.snapshot("s", 5, "5"), envelope.StatusSuperseded)
	b.ends(b.snapshot("s", 9, "9"), envelope.StatusDelivered)
	b.ends(b.snapshot("s", 7, "end", "final", true), envelope.StatusDelivered)
	again := b.ends(b.snapshot("s", 7, "end", "final", true), envelope.StatusDuplicate)
	old := b.ends(b.snapshot("s", 6, "6"), envelope.StatusDuplicate)
	late := b.ends(b.snapshot("s", 12, "12"), envelope.StatusDuplicate)
	if len(again.Warnings) > 0 || len(old.Warnings) > 0 {
		t.Errorf("a warning about what changes nothing: %v, %v", again.Warnings, old.Warnings)
	}
	if len(late.Warnings) != 1 || !strings.Contains(late.Warnings[0], "finished before") {
		t.Errorf("no word about the text that is not shown: %v", late.Warnings)
	}
	if strings.Join(late.MessageIDs, " ") != "p1" {
		t.Errorf("its ids are %v", late.MessageIDs)
	}
	if got := board.history(0); got != "5 9 end" {
		t.Errorf("it read %q", got)
	}
}

// While a final one waits, nothing takes its place, and a second one is its
// duplicate.
func TestNothingOvertakesAFinalSnapshot(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	entered, letGo := board.stall("0")
	b.snapshot("s", 0, "0")
	b.consumer("n1", on(board))
	<-entered
	waiting := b.snapshot("s", 1, "1")
	final := b.snapshot("s", 2, "end", "final", true)
	later, second := b.snapshot("s", 3, "3"), b.snapshot("s", 4, "other", "final", true)
	b.ends(waiting, envelope.StatusSuperseded)
	b.ends(later, envelope.StatusSuperseded)
	letGo()
	b.ends(final, envelope.StatusDelivered)
	if r := b.ends(second, envelope.StatusDuplicate); len(r.Warnings) != 1 {
		t.Errorf("warnings: %v", r.Warnings)
	}
	if got := board.history(0); got != "0 end" {
		t.Errorf("it read %q", got)
	}
}

// A final snapshot without a text ends the stream as it stands.
func TestAFinalSnapshotWithoutAText(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"native", "edits"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			b, board := newBench(t), newBoard(form)
			entered, letGo := board.stall("0")
			b.snapshot("s", 0, "0")
			b.consumer("n1", on(board))
			<-entered
			b.snapshot("s", 1, "all")
			final := b.snapshot("s", 2, "", "final", true)
			letGo()
			if r := b.ends(final, envelope.StatusDelivered); strings.Join(r.MessageIDs, " ") != "p1" {
				t.Errorf("receipt %+v", r)
			}
			if got := board.reads("c"); got != "all" {
				t.Errorf("it reads %q", got)
			}
			if form == "native" && !board.posts[0].done {
				t.Error("it still grows")
			}
			b.ends(b.snapshot("s", 3, "more"), envelope.StatusDuplicate)
			if r := b.ends(b.snapshot("empty", 0, "", "final", true), envelope.StatusDead); r.Error.Field != "text" {
				t.Errorf("the error: %+v", r.Error)
			}
		})
	}
}

// One key space: a stream's key is no message's, nor the other way round; and
// a stream grows in one conversation.
func TestAStreamsKeyIsItsOwn(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	b.consumer("n1", on(board))
	b.ends(b.snapshot("s", 0, "a"), envelope.StatusDelivered)
	if r := b.ends(b.say("c", "s", "message"), envelope.StatusDuplicate); strings.Join(r.MessageIDs, " ") != "p1" {
		t.Errorf("a message under a stream's key: %+v", r)
	}
	b.ends(b.say("c", "m", "message"), envelope.StatusDelivered)
	b.ends(b.snapshot("m", 0, "a"), envelope.StatusDuplicate)
	if r := b.ends(b.snapshot("s", 1, "b", "channel_id", "elsewhere"), envelope.StatusDead); r.Error.Code != envelope.CodeConflict {
		t.Errorf("in another channel: %+v", r.Error)
	}
	b.ends(b.snapshot("s", 1, "b", "final", true), envelope.StatusDelivered)
	if got := board.reads("c") + "/" + board.reads("elsewhere"); got != "b message/" {
		t.Errorf("the board reads %q", got)
	}
}

// Ten thousand snapshots wait: one is shown.
func TestABacklogOfSnapshots(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	const many = 10_000
	pipe := b.client.Pipeline()
	for i := range many {
		data := fmt.Sprintf(`{"type":"stream","channel_id":"c","stream_id":"s","seq":%d,"text":"%d"}`, i, i)
		pipe.Do(t.Context(), "XADD", b.stream, "*", "data", data)
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	final := b.snapshot("s", many, "end", "final", true)
	b.consumer("n1", on(board))
	b.ends(final, envelope.StatusDelivered)
	b.awaitEmpty()
	shown := strings.Fields(board.history(0))
	for i, text := range shown[:len(shown)-1] {
		seq, err := strconv.Atoi(text)
		if err != nil || i > 0 && len(shown[i-1]) == len(text) && shown[i-1] >= text {
			t.Fatalf("it read %v (%d, %v)", shown, seq, err)
		}
	}
	if len(shown) > many/100 || shown[len(shown)-1] != "end" {
		t.Errorf("it read %v", shown)
	}
}
