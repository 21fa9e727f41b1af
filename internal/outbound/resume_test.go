package outbound

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// recut is an adapter of a newer version: it cuts the same text elsewhere.
type recut struct {
	fakeAdapter
	version int
}

func (r recut) Plan(op platform.Operation) ([]platform.Part, error) {
	if r.version == 0 {
		return r.fakeAdapter.Plan(op)
	}
	var parts []platform.Part
	for i := range 2 + r.version {
		parts = append(parts, platform.Part{
			Type: op.Envelope.Type, ChannelID: op.Envelope.ChannelID, Body: []byte(fmt.Sprint("cut", r.version, i)),
		})
	}
	return parts, nil
}

// Each part of a message ends the node that sends it, before the platform
// takes it, and each next node cuts the text elsewhere: what arrives is the text
// as it was first planned, each part once, each id with its own part.
func TestEveryPartCrashesItsNode(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var entered []<-chan struct{}
	for _, text := range []string{"a", "b", "c"} {
		entered = append(entered, b.platform.trap(text))
	}
	list := b.say("c", "k", "a|b|c")
	for i, in := range entered {
		c := b.consumer("n"+strconv.Itoa(i), func(c *Config) { c.Adapter = recut{fakeAdapter{b.platform}, i} })
		<-in
		crash(c)
		b.vacate()
	}
	b.consumer("last", func(c *Config) { c.Adapter = recut{fakeAdapter{b.platform}, 9} })
	r := b.receipt(list)
	if got := b.platform.seen("c"); got != "a b c" || r.Status != envelope.StatusDelivered || r.PossibleDuplicate {
		t.Errorf("the platform saw %q; receipt %+v %+v", got, r, r.Error)
	}
	var want []string
	for _, a := range b.platform.await(t, 3) {
		want = append(want, "m-"+a.key)
	}
	if !slices.Equal(r.MessageIDs, want) {
		t.Errorf("ids %v, want %v", r.MessageIDs, want)
	}
	if plan := b.claim("k", "plan"); plan != "" {
		t.Errorf("the plan is kept after its end: %d bytes", len(plan))
	}
}

// A parked message is sent again on a person's word: what was sent stays sent,
// the open part goes out once more, flagged, whatever on_unknown says; the word
// is good for one send. Where the platform can be asked, it is.
func TestAParkedMessageIsSentAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		readable bool
		seen     string
	}{
		"where nobody can tell":         {false, "a b b c"},
		"where the platform can by now": {true, "a b c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			a := newArchive(b, 0)
			readable := b.platform.caps.ReadBack
			b.platform.caps.ReadBack = nil
			b.platform.after = lostOnce("b")
			list := b.say("c", "k", "a|b|c", "on_unknown", "park")
			first := b.consumer("n1", lookingBack(a))
			if r := b.receipt(list); r.Status != envelope.StatusParked || len(r.MessageIDs) != 1 || r.PossibleDuplicate {
				t.Fatalf("receipt %+v", r)
			}
			b.stop(first)
			if c.readable {
				b.platform.caps.ReadBack = readable
			}
			b.resend()
			b.consumer("n2", lookingBack(a))
			r := b.receipt(list)
			if got := b.platform.seen("c"); got != c.seen || r.Status != envelope.StatusDelivered || r.PossibleDuplicate == c.readable || len(r.MessageIDs) != 3 {
				t.Errorf("the platform saw %q; receipt %+v %+v", got, r, r.Error)
			}
		})
	}
}

// The word to send it again is good for one send: a crash in it is the open
// case anew.
func TestAPersonsWordIsGoodForOneSend(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	b.platform.after = lostOnce("x")
	list := b.say("c", "k", "x", "on_unknown", "park")
	first := b.consumer("n1")
	b.ends(list, envelope.StatusParked)
	b.stop(first)
	entered := b.platform.trap("x")
	b.resend()
	second := b.consumer("n2")
	<-entered
	crash(second)
	b.vacate()
	b.consumer("n3")
	b.ends(list, envelope.StatusParked)
	b.resend()
	if r := b.ends(list, envelope.StatusDelivered); !r.PossibleDuplicate {
		t.Errorf("receipt %+v", r)
	}
}

// A dead letter's open part goes out under its key again: with a key that the
// platform keeps, nothing of it is in doubt.
func TestAReplayUnderAKeyIsNotInDoubt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.after = lostOnce("x")
	list := b.say("c", "k", "x")
	b.consumer("n1", func(c *Config) { c.Limits.RetryFor = time.Nanosecond })
	if r := b.ends(list, envelope.StatusDead); r.PossibleDuplicate {
		t.Errorf("receipt %+v", r)
	}
	b.replay()
	if r := b.ends(list, envelope.StatusDelivered); r.PossibleDuplicate {
		t.Errorf("receipt %+v", r)
	}
	if got := b.platform.seen("c"); got != "x" {
		t.Errorf("the platform saw %q", got)
	}
}
