package outbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// It was published and came due while no node was there that could have put it
// aside: its place is its due all the same.
func TestAnEntryIsOverdueUnread(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	due := b.at(3 * time.Second)
	later := b.say("c", "later", "due", "not_before", due)
	before := b.say("c", "before", "before")
	if b.at(0) > due {
		t.Fatal("three seconds were not enough to publish")
	}
	b.due(due)
	after := b.say("c", "after", "after")
	b.consumer("n1")
	for _, list := range []string{before, later, after} {
		b.ends(list, envelope.StatusDelivered)
	}
	if got := b.platform.seen("c"); got != "before due after" {
		t.Errorf("the platform saw %q", got)
	}
}

// So it is over a crash, and for what targets it and was published before it was
// due.
func TestAnEditOfWhatIsOverdueUnread(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	due := b.at(3 * time.Second)
	later := b.say("c", "later", "due", "not_before", due)
	change := b.change("later", "changed")
	before := b.say("c", "before", "before")
	if b.at(0) > due {
		t.Fatal("three seconds were not enough to publish")
	}
	b.due(due)
	entered := b.platform.trap("before")
	after := b.say("c", "after", "after")
	first := b.consumer("n1")
	<-entered
	b.until("all are read", func() bool { return b.pending() == 4 })
	crash(first)
	b.vacate()
	b.consumer("n2")
	for _, list := range []string{before, later, change, after} {
		b.ends(list, envelope.StatusDelivered)
	}
	if got := b.platform.seen("c"); got != "before due changed after" {
		t.Errorf("the platform saw %q", got)
	}
	b.awaitEmpty()
	if n := b.delayed(); n != 0 {
		t.Errorf("%d are kept as put aside", n)
	}
}
