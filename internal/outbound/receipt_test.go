package outbound

import (
	"testing"

	"github.com/posternhq/postern/envelope"
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
