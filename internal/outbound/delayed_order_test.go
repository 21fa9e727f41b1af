package outbound

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// due waits until a moment has passed by Redis' clock.
func (b *bench) due(at float64) {
	b.t.Helper()
	b.until("it is due", func() bool { return b.at(0) > at })
}

// A message that came due behind another one's parts, and was not delivered
// when the node died, comes again behind them: its place is its due, not its id.
func TestADelayedEntryKeepsItsPlaceOverACrash(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var crashed atomic.Bool
	b.platform.fail = func(part platform.Part, _ int) error {
		if string(part.Body) == "B" && !crashed.Load() {
			return hiccup()
		}
		return nil
	}
	due := b.at(3 * time.Second)
	later := b.say("c", "later", "later", "not_before", due)
	first := b.consumer("n1")
	b.until("it is put aside", func() bool { return b.delayed() == 1 })
	parts := b.say("c", "parts", "A|B")
	b.platform.await(t, 1) // A is there; B fails
	b.due(due)
	b.ask("it has been handed on")
	after := b.say("c", "after", "after")
	b.until("all are read", func() bool { return b.pending() == 3 })
	crash(first)
	crashed.Store(true)
	b.vacate()
	b.consumer("n2")
	for _, list := range []string{parts, later, after} {
		b.ends(list, envelope.StatusDelivered)
	}
	if got := b.platform.seen("c"); got != "A B later after" {
		t.Errorf("the platform saw %q", got)
	}
	b.awaitEmpty()
	if n := b.delayed(); n != 0 {
		t.Errorf("%d are kept as put aside", n)
	}
}

// It was due while no node was there: what was published after its due does
// not overtake it, what was published before it does.
func TestAnOverdueEntryIsNotOvertaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	due := b.at(4 * time.Second)
	later := b.say("c", "later", "due", "not_before", due)
	first := b.consumer("n1")
	b.until("it is put aside", func() bool { return b.delayed() == 1 })
	b.stop(first)
	before := b.say("c", "before", "before")
	if b.at(0) > due {
		t.Fatal("four seconds were not enough to stop a consumer")
	}
	b.due(due)
	after := b.say("c", "after", "after")
	b.consumer("n2")
	for _, list := range []string{before, later, after} {
		b.ends(list, envelope.StatusDelivered)
	}
	if got := b.platform.seen("c"); got != "before due after" {
		t.Errorf("the platform saw %q", got)
	}
}

// More is overdue than is read at a time: nothing new comes between.
func TestManyOverdueEntriesAreNotOvertaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	first := b.consumer("n1")
	due := b.at(10 * time.Second) // a starved machine takes some seconds to publish them
	const n = 1500
	var last string
	for i := range n {
		last = b.say("c", fmt.Sprint("k", i), fmt.Sprint(i), "not_before", due+float64(i)/1000)
	}
	b.until("all are put aside", func() bool { return b.delayed() == n })
	b.stop(first)
	b.due(due + n/1000.)
	after := b.say("c", "after", "after")
	b.consumer("n2")
	b.ends(last, envelope.StatusDelivered)
	b.ends(after, envelope.StatusDelivered)
	for i, a := range b.platform.await(t, n+1)[:n] {
		if a.text != fmt.Sprint(i) {
			t.Fatalf("%q came as number %d", a.text, i)
		}
	}
}

// asked holds the read that comes after a consumer has asked what is due, when
// something was and something else was not.
func (b *bench) asked(w *wire, due, notDue float64) (read *catch) {
	b.t.Helper()
	question := w.hold(b.script("due"))
	<-question.held
	b.due(due)
	read = w.hold(b.script("read"))
	question.letGo()
	<-read.held
	b.due(b.at(10 * time.Millisecond)) // what is published now is behind what was said
	if b.at(0) > notDue {
		b.t.Fatal("it was asked when both were due")
	}
	return read
}

// What is due was asked a while ago, and one thing was: another came due since,
// and is not overtaken by what was published behind it.
func TestTheNextIsDueSinceItWasAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newWire(b)
	b.consumer("n1", through(w))
	first := b.at(3 * time.Second)
	b.say("elsewhere", "first", "first", "not_before", first)
	next := b.say("c", "next", "next", "not_before", first+4)
	b.until("both are put aside", func() bool { return b.delayed() == 2 })
	read := b.asked(w, first, first+4)
	b.due(first + 4)
	after := b.say("c", "after", "after")
	read.letGo()
	b.ends(next, envelope.StatusDelivered)
	b.ends(after, envelope.StatusDelivered)
	if got := b.platform.seen("c"); got != "next after" {
		t.Errorf("the platform saw %q", got)
	}
}

// It came due while the clock was asked, after all was read, and something was
// published between: that is before it, and still to be read.
func TestWhatIsNotReadYetIsNotOvertaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newWire(b)
	b.consumer("n1", through(w))
	first := b.at(3 * time.Second)
	b.say("elsewhere", "first", "first", "not_before", first)
	next := b.say("c", "next", "next", "not_before", first+4)
	b.until("both are put aside", func() bool { return b.delayed() == 2 })
	reading, clock := b.asked(w, first, first+4), w.hold(b.script("now"))
	read := b.say("c", "read", "read")
	reading.letGo()
	<-clock.held
	unread := b.say("c", "unread", "unread")
	if b.at(0) > first+4 {
		t.Fatal("four seconds were not enough to publish twice")
	}
	b.due(first + 4)
	clock.letGo()
	for _, list := range []string{read, unread, next} {
		b.ends(list, envelope.StatusDelivered)
	}
	if got := b.platform.seen("c"); got != "read unread next" {
		t.Errorf("the platform saw %q", got)
	}
}

// change publishes an edit of a key to a text, and returns its receipt's list.
func (b *bench) change(target, text string, more ...any) (list string) {
	b.t.Helper()
	list = envelope.Beside(b.stream, "reply:change-"+text)
	fields := map[string]any{"type": "edit", "channel_id": "c", "target_key": target, "text": text, "receipt_to": list}
	for i := 0; i < len(more); i += 2 {
		fields[more[i].(string)] = more[i+1]
	}
	b.publish(fields)
	return list
}

// Of several edits of what is overdue the newest text stays.
func TestEditsOfAnOverdueEntry(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	due := b.at(3 * time.Second)
	target := b.say("c", "T", "target", "not_before", due)
	first := b.consumer("n1", on(board))
	b.until("it is put aside", func() bool { return b.delayed() == 1 })
	b.stop(first)
	b.due(due)
	older := b.change("T", "older")
	b.consumer("n2", on(board))
	b.ends(target, envelope.StatusDelivered)
	newer := b.change("T", "newer")
	b.ends(newer, envelope.StatusDelivered)
	b.ends(older, envelope.StatusDelivered)
	if got := board.history(0); got != "target older newer" {
		t.Errorf("it read %q", got)
	}
}

// Edits that step aside until their target is due go in their order, and
// before one that was published while it was on its way; over a crash, too.
func TestEditsWaitForWhatIsNotDue(t *testing.T) {
	t.Parallel()
	for name, crashes := range map[string]bool{"in peace": false, "over a crash": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, board := newBench(t), newBoard("edits")
			entered, letGo := board.stall("target")
			node := b.consumer("n1", on(board))
			due := b.at(4 * time.Second)
			lists := []string{b.say("c", "T", "target", "not_before", due), b.change("T", "1"), b.change("T", "2")}
			b.ends(b.say("d", "m", "in nobody's way"), envelope.StatusDelivered)
			if crashes {
				crash(node)
				b.vacate()
				b.consumer("n2", on(board))
			}
			<-entered
			lists = append(lists, b.change("T", "3"))
			b.until("all are read", func() bool { return b.pending() == 4 })
			letGo()
			for _, list := range lists {
				b.ends(list, envelope.StatusDelivered)
			}
			if got := board.history(1); got != "target 1 2 3" {
				t.Errorf("it read %q", got)
			}
		})
	}
}

// An edit that is not due, of a message that is due later, comes due, waits for
// its target, and goes right behind it.
func TestADelayedEditOfWhatIsDueLater(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	b.consumer("n1", on(board))
	due := b.at(3 * time.Second)
	target := b.say("c", "T", "target", "not_before", due+3)
	edit := b.change("T", "edited", "not_before", due)
	b.until("both are put aside", func() bool { return b.delayed() == 2 })
	b.due(due)
	b.ends(b.say("c", "m", "in nobody's way"), envelope.StatusDelivered)
	b.ends(target, envelope.StatusDelivered)
	b.ends(edit, envelope.StatusDelivered)
	if got := board.history(1); got != "target edited" {
		t.Errorf("it read %q", got)
	}
	b.awaitEmpty()
	if n := b.delayed(); n != 0 {
		t.Errorf("%d are kept as put aside", n)
	}
}

// The target is due, and somebody has trimmed it: its edit does not wait for
// ever.
func TestWhatAnEditWaitsForIsTrimmed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.consumer("n1")
	target := b.publish(map[string]any{
		"type": "message", "channel_id": "c", "message_key": "T", "text": "target", "not_before": b.at(time.Second),
	})
	list := b.change("T", "edited")
	b.ends(b.say("c", "m", "now"), envelope.StatusDelivered)
	if err := b.client.XDel(t.Context(), b.stream, target).Err(); err != nil {
		t.Fatal(err)
	}
	b.ends(list, envelope.StatusDead)
	b.awaitEmpty()
}

// What targets an operation that has stepped aside steps aside, too: holding
// its lane it would hold up what both wait for.
func TestAnEditOfAnEditThatSteppedAside(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	b.consumer("n1", on(board))
	lists := []string{
		b.say("c", "T", "target", "not_before", b.at(time.Second)),
		b.change("T", "1", "message_key", "K1"), b.change("K1", "2", "message_key", "K2"), b.change("K2", "3"),
	}
	b.ends(b.say("c", "m", "in nobody's way"), envelope.StatusDelivered)
	for _, list := range lists {
		b.ends(list, envelope.StatusDelivered)
	}
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	lists = []string{b.change("s", "4", "message_key", "K4"), b.change("K4", "5")}
	b.ends(b.snapshot("s", 1, "end", "final", true), envelope.StatusDelivered)
	for _, list := range lists {
		b.ends(list, envelope.StatusDelivered)
	}
	b.awaitEmpty()
}
