package outbound

import (
	"slices"
	"testing"

	"github.com/posternhq/postern/envelope"
)

// A claim's key becomes a string while its message is on its way. That message
// is dead, with a word about the key, and nobody else notices.
func TestAForeignClaimHoldsUpOnlyItsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	entered, letGo := b.platform.stall(t, "a")
	b.consumer("n1")
	list := b.say("c", "k", "a|b")
	<-entered
	if err := b.client.Set(t.Context(), envelope.Beside(b.stream, "claim:k"), "mine", 0).Err(); err != nil {
		t.Fatal(err)
	}
	letGo()
	if r := b.receipt(b.say("d", "k2", "another channel")); r.Status != envelope.StatusDelivered {
		t.Errorf("another channel: %+v", r)
	}
	if r := b.receipt(list); r.Status != envelope.StatusDead || r.Error.Code != envelope.CodeInternal || r.Error.Field != "message_key" {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
	if got := b.platform.seen("c"); got != "a" {
		t.Errorf("the platform saw %q", got)
	}
}

// A dead letter cannot be written. Its entry stays until it can be, the log
// says why, and nobody else waits.
func TestARecordThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, obstacle := range map[string][]any{
		"a string":            {"SET", "", "mine"},
		"a stream at its end": {"XADD", "", "18446744073709551615-18446744073709551615", "x", "y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			dead := b.operator().Dead()
			obstacle := slices.Clone(obstacle)
			obstacle[1] = dead
			if err := b.client.Do(t.Context(), obstacle...).Err(); err != nil {
				t.Fatal(err)
			}
			bad, good := b.say("", "k1", "no channel"), b.say("c", "k2", "fine")
			log := &journal{}
			b.consumer("n1", logged(log))
			if r := b.receipt(good); r.Status != envelope.StatusDelivered {
				t.Errorf("the other: %+v", r)
			}
			b.until("a word in the log", func() bool { return log.says("cannot be finished") && log.says(dead) })
			if n := b.client.XLen(t.Context(), b.stream).Val(); n != 1 {
				t.Errorf("%d entries are in the stream, want the one without a record", n)
			}
			if n := b.client.LLen(t.Context(), bad).Val(); n != 0 {
				t.Error("it has a receipt, and no record")
			}
			if err := b.client.Del(t.Context(), dead).Err(); err != nil {
				t.Fatal(err)
			}
			if r := b.receipt(bad); r.Status != envelope.StatusDead {
				t.Errorf("receipt %+v", r)
			}
			if n := b.client.XLen(t.Context(), dead).Val(); n != 1 {
				t.Errorf("%d records", n)
			}
			b.awaitEmpty()
		})
	}
}
