package outbound

import (
	"fmt"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
)

// Whichever of Redis' answers is lost, nothing of the message was sent for it:
// on a platform that has no key and cannot tell it is not parked, not flagged
// and not there twice.
func TestALostReplyIsNoDoubt(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 12; nth++ {
		t.Run(fmt.Sprint("reply ", nth), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = false
			proxy := redistest.NewProxy(t, b.server)
			behind, err := bus.Open(bus.Options{URL: proxy.URL()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { behind.Close() })
			b.consumer("n1", func(c *Config) { c.Redis = behind })
			if r := b.receipt(b.say("c", "warm", "first", "on_unknown", "park")); r.Status != envelope.StatusDelivered {
				t.Fatalf("receipt %+v", r)
			}
			lost := proxy.DropReply(nth)
			for i := range 6 { // so that the reply is one of theirs
				text := fmt.Sprint("m", i)
				r := b.receipt(b.say("c", text, text, "on_unknown", "park"))
				if r.Status != envelope.StatusDelivered || r.PossibleDuplicate || r.Attempts != 1 {
					t.Errorf("receipt %+v %+v", r, r.Error)
				}
			}
			<-lost
			if got := b.platform.seen("c"); got != "first m0 m1 m2 m3 m4 m5" {
				t.Errorf("the platform saw %q", got)
			}
			b.awaitEmpty()
		})
	}
}
