package outbound

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// ended waits until a stream has ended by itself.
func (b *bench) ended(stream string) {
	b.t.Helper()
	b.until("an ended stream", func() bool { return b.claim(stream, "state") == "done" })
	if left := b.client.ZCard(b.t.Context(), envelope.Beside(b.stream, "streams")).Val(); left != 0 {
		b.t.Errorf("%d streams are kept as growing", left)
	}
}

// No snapshot for too long: the stream is finished as it stands, once, and the
// platform hears of it, if it knows streams.
func TestAStreamEndsByItself(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{"native": "0 1 1", "edits": "0 1"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			b, board := newBench(t), newBoard(form)
			b.consumer("n1", on(board), quietAfter(time.Hour))
			b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
			last := b.snapshot("s", 1, "1")
			b.ends(last, envelope.StatusDelivered)
			b.fallQuiet("s")
			b.ended("s")
			if got := board.history(0); got != want {
				t.Errorf("it read %q, want %q", got, want)
			}
			if form == "native" && !board.posts[0].done {
				t.Error("it still grows")
			}
			late := b.ends(b.snapshot("s", 2, "2", "final", true), envelope.StatusDuplicate)
			if len(late.Warnings) != 1 || !strings.Contains(late.Warnings[0], "finished before") {
				t.Errorf("warnings: %v", late.Warnings)
			}
			if same := b.ends(b.snapshot("s", 3, "1", "final", true), envelope.StatusDuplicate); len(same.Warnings) > 0 {
				t.Errorf("a warning about the text that is shown: %v", same.Warnings)
			}
			if n := b.client.LLen(t.Context(), last).Val(); n != 0 {
				t.Errorf("%d more receipts for the last snapshot", n)
			}
			b.awaitEmpty()
		})
	}
}

// trapFinal makes the first writing that is final wait until its tenure ends.
func (b *board) trapFinal() (entered <-chan struct{}) {
	in := make(chan struct{})
	var once sync.Once
	b.hang = func(ctx context.Context, w writing) {
		if w.Final {
			once.Do(func() {
				close(in)
				<-ctx.Done()
			})
		}
	}
	return in
}

// The node that let it grow is gone: the next owner ends it, and another one
// if that dies in the middle of it.
func TestTheNextOwnerEndsAStream(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("native")
	ending := board.trapFinal()
	first := b.consumer("n1", on(board), quietAfter(time.Hour))
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	crash(first)
	b.vacate()
	second := b.consumer("n2", on(board), quietAfter(time.Hour))
	b.fallQuiet("s")
	<-ending
	crash(second)
	b.vacate()
	b.consumer("n3", on(board), quietAfter(time.Hour))
	b.fallQuiet("s")
	b.ended("s")
	if got := board.history(0); got != "0 0" || !board.posts[0].done {
		t.Errorf("it read %q", got)
	}
}

// The node that ends a stream dies in the middle of it, and the next snapshot
// is there when the next one takes over: what was begun is carried to its end.
func TestASnapshotBehindTheEndOfItsStream(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("native")
	ending := board.trapFinal()
	first := b.consumer("n1", on(board), quietAfter(200*time.Millisecond))
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	<-ending
	crash(first)
	b.vacate()
	late := b.snapshot("s", 1, "1")
	b.consumer("n2", on(board))
	if r := b.ends(late, envelope.StatusDuplicate); len(r.Warnings) != 1 {
		t.Errorf("warnings: %v", r.Warnings)
	}
	b.ended("s")
	if got := board.history(0); got != "0 0" {
		t.Errorf("it read %q", got)
	}
}

// A stream whose next snapshot waits behind a shut gate is not quiet.
func TestAStreamWhoseSnapshotWaitsIsNotQuiet(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	limited := make(chan struct{})
	board.before = func(w writing, nth int) error {
		if w.Text == "end" && nth == 0 {
			close(limited)
			return &platform.Error{Code: envelope.CodeRateLimited, Sent: platform.SentNo, RetryAfter: 2 * time.Second, Message: "429"}
		}
		return nil
	}
	b.consumer("n1", on(board), quietAfter(time.Hour))
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	last := b.snapshot("s", 1, "end", "final", true)
	<-limited
	b.fallQuiet("s")
	b.ends(last, envelope.StatusDelivered)
	if got := board.history(0); got != "0 end" {
		t.Errorf("it read %q", got)
	}
}

// A snapshot that can never be delivered is dead, and with it the stream; its
// final one gets a try of its own, and either may be replayed.
func TestADeadSnapshot(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	b.consumer("n1", on(board))
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	b.ends(b.snapshot("s", 1, "unfit"), envelope.StatusDead)
	if r := b.ends(b.snapshot("s", 2, "2"), envelope.StatusDuplicate); r.Error == nil || r.Error.Code != envelope.CodeInvalid {
		t.Errorf("behind it: %+v", r.Error)
	}
	b.ends(b.snapshot("s", 3, "end", "final", true), envelope.StatusDelivered)
	if got := board.history(0); got != "0 end" {
		t.Errorf("it read %q", got)
	}
	b.awaitEmpty()
}

// One died at a later part: the final one is not what goes on with it.
func TestTheFinalSnapshotAfterADeadPart(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	board.before = func(w writing, _ int) error {
		if w.Text == "c" {
			return platform.Refused(envelope.CodeForbidden, "", "no")
		}
		return nil
	}
	b.consumer("n1", on(board))
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	b.ends(b.snapshot("s", 1, "a|b|c"), envelope.StatusDead)
	b.ends(b.snapshot("s", 2, "end|END", "final", true), envelope.StatusDelivered)
	if got := board.reads("c"); got != "end END" {
		t.Errorf("the channel reads %q", got)
	}
	b.awaitEmpty()
}

func TestADeadFinalSnapshotIsReplayed(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	var allowed atomic.Bool
	board.before = func(w writing, _ int) error {
		if w.Text == "end" && !allowed.Load() {
			return platform.Refused(envelope.CodeForbidden, "", "not yet")
		}
		return nil
	}
	b.consumer("n1", on(board))
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	final := b.snapshot("s", 1, "end", "final", true)
	b.ends(final, envelope.StatusDead)
	b.ends(b.snapshot("s", 1, "end", "final", true), envelope.StatusDuplicate)
	allowed.Store(true)
	b.replay()
	b.ends(final, envelope.StatusDelivered)
	if got := board.history(0); got != "0 end" {
		t.Errorf("it read %q", got)
	}
	b.awaitEmpty()
}

// What is for a stream waits for its end in no lane: neither the snapshots
// behind it nor other messages wait for it.
func TestAReactionToAStreamWaitsForItsEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *bench){
		"final": func(b *bench) { b.snapshot("s", 1, "end", "final", true) },
		"quiet": func(b *bench) { b.fallQuiet("s") },
		"dead":  func(b *bench) { b.snapshot("s", 1, "unfit") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, board := newBench(t), newBoard("edits")
			b.consumer("n1", on(board), quietAfter(time.Hour))
			b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
			list := envelope.Beside(b.stream, "reply:reaction")
			b.publish(map[string]any{
				"type": "reaction", "channel_id": "c", "target_key": "s", "emoji": "+", "receipt_to": list,
			})
			b.ends(b.say("c", "m", "behind"), envelope.StatusDelivered)
			if n := b.client.LLen(t.Context(), list).Val(); n != 0 {
				t.Error("it did not wait")
			}
			end(b)
			want := envelope.StatusDelivered
			if name == "dead" {
				want = envelope.StatusDead
			}
			b.ends(list, want)
			if got := board.reacted(0); (got == "+") != (want == envelope.StatusDelivered) {
				t.Errorf("the reaction: %q", got)
			}
			b.awaitEmpty()
		})
	}
}

// The reaction was published for another channel, before the stream, and the
// node dies meanwhile.
func TestAReactionThatWaitsSurvivesATakeover(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	first := b.consumer("n1", on(board))
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	list := envelope.Beside(b.stream, "reply:reaction")
	b.publish(map[string]any{
		"type": "reaction", "channel_id": "elsewhere", "target_key": "s", "emoji": "+", "receipt_to": list,
	})
	b.until("it is read", func() bool { return b.pending() == 1 })
	crash(first)
	b.vacate()
	b.consumer("n2", on(board))
	b.ends(b.snapshot("s", 1, "1"), envelope.StatusDelivered)
	b.ends(b.snapshot("s", 2, "end", "final", true), envelope.StatusDelivered)
	b.ends(list, envelope.StatusDelivered)
	b.awaitEmpty()
}
