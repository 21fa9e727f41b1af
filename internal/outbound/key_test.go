package outbound

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

func TestASecondPublishIsADuplicateWithTheFirstIDs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := b.say("c", "k", "one"), b.say("c", "k", "another")
	b.consumer("n1")
	one, two := b.receipt(first), b.receipt(second)
	if one.Status != envelope.StatusDelivered || two.Status != envelope.StatusDuplicate {
		t.Fatalf("%s, then %s", one.Status, two.Status)
	}
	if len(two.MessageIDs) != 1 || two.MessageIDs[0] != one.MessageIDs[0] {
		t.Errorf("ids %v, then %v", one.MessageIDs, two.MessageIDs)
	}
	if len(two.Warnings) != 1 || !strings.Contains(two.Warnings[0], "other content") {
		t.Errorf("no word about the other content: %v", two.Warnings)
	}
}

func TestTheSameKeyWithOtherContentIsDeadIfAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.say("c", "k", "one")
	r := func() envelope.Receipt {
		list := b.say("c", "k", "another", "on_conflict", "dead")
		b.consumer("n1")
		return b.receipt(list)
	}()
	if r.Status != envelope.StatusDead || r.Error.Code != envelope.CodeConflict {
		t.Errorf("receipt %+v", r)
	}
	if n := len(b.platform.await(t, 1)); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// The same key in two channels: the second waits behind the first, which is
// in backoff, and ends as its duplicate.
func TestTheSameKeyElsewhereWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, nth int) error {
		if nth < 2 {
			return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "not now"}
		}
		return nil
	}
	first, second := b.say("c1", "k", "x"), b.say("c2", "k", "x")
	b.consumer("n1")
	statuses := map[envelope.Status]int{}
	statuses[b.receipt(first).Status]++
	statuses[b.receipt(second).Status]++
	if statuses[envelope.StatusDelivered] != 1 || statuses[envelope.StatusDuplicate] != 1 {
		t.Errorf("ends: %v", statuses)
	}
	if got := b.platform.await(t, 1); len(got) != 1 {
		t.Errorf("accepted: %v", got)
	}
}
