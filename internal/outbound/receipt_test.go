package outbound

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/platform"
)

func TestReceiptsThatCannotBePushedCostNothingElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := newLossMeter()
	foreign := envelope.Beside(b.stream, "reply:string")
	if err := b.client.Set(t.Context(), foreign, "mine", 0).Err(); err != nil {
		t.Fatal(err)
	}
	b.publish(map[string]any{"type": "message", "channel_id": "c", "text": "1", "receipt_to": foreign})
	b.publish(map[string]any{"type": "message", "channel_id": "c", "text": "2", "receipt_to": "elsewhere"})
	b.consumer("n1", metered(m))
	b.platform.await(t, 2)
	reasons := map[string]bool{<-m.receipts: true, <-m.receipts: true}
	if !reasons["not_a_list"] || !reasons["forbidden"] {
		t.Errorf("reasons %v", reasons)
	}
	if v := b.client.Get(t.Context(), foreign).Val(); v != "mine" {
		t.Errorf("the foreign key became %q", v)
	}
	b.awaitEmpty()
}

// A Redis user without a right to any channel: what was sent is settled all the
// same, and not sent again.
func TestReceiptsThatCannotBePublishedCostNothingElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := newLossMeter()
	if err := b.client.Do(t.Context(), "ACL", "SETUSER", "mute", "on", ">pw", "~*", "resetchannels", "+@all").Err(); err != nil {
		t.Fatal(err)
	}
	b.consumer("n1", metered(m), func(c *Config) {
		redisBus, err := bus.Open(bus.Options{URL: strings.Replace(b.server.URL(), "redis://", "redis://mute:pw@", 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { redisBus.Close() })
		c.Redis = redisBus
	})
	for _, key := range []string{"", "k"} {
		b.ends(b.say("c", key, "said"+key), envelope.StatusDelivered)
		if reason := <-m.receipts; reason != "not_allowed" {
			t.Errorf("reason %q", reason)
		}
	}
	var lists []string
	for i := range 8 { // of those that are settled together each counts
		lists = append(lists, b.say(fmt.Sprint("c", i), "", fmt.Sprint("said", i)))
	}
	for _, list := range lists {
		b.ends(list, envelope.StatusDelivered)
		await(t, m.receipts, "not_allowed")
	}
	b.awaitEmpty()
	if got := b.platform.seen("c"); got != "said saidk" {
		t.Errorf("the platform saw %q", got)
	}
}

// idless is a platform that gives no ids.
type idless struct{ fakeAdapter }

func (a idless) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	_, err := a.fakeAdapter.Do(ctx, part)
	return platform.Result{}, err
}

func TestWhatHasNoIDHasNoneInItsReceipt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	list := b.say("c", "k", "a|b")
	b.consumer("n1", func(c *Config) { c.Adapter = idless{fakeAdapter{b.platform}} })
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || r.MessageIDs == nil || len(r.MessageIDs) != 0 {
		t.Errorf("receipt %+v", r)
	}
}
