package outbound

import (
	"flag"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // most of the time they wait
	goleak.VerifyTestMain(m)
}

func TestDelivered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	list := b.say("c1", "k1", "hello")
	b.consumer("n1")
	got := b.platform.await(t, 1)
	if got[0].text != "hello" || got[0].channel != "c1" {
		t.Errorf("the platform saw %+v", got[0])
	}
	r := b.receipt(list)
	if r.Status != envelope.StatusDelivered || len(r.MessageIDs) != 1 || r.MessageIDs[0] != "m-"+got[0].key || r.Attempts != 1 {
		t.Errorf("receipt %+v", r)
	}
	b.empty()
}
