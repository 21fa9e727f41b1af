package outbound

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// A platform keeps keys for an hour. Two nodes in a row die while they send the
// same part: its hour is counted from the first attempt, whoever took it over
// since, and what is out of it is not sent again.
func TestAKeysWindowCountsFromTheFirstAttempt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const hour = time.Hour
	b.platform.caps.KeyWindow = hour.Seconds()
	inside := make(chan struct{}, 3)
	b.platform.hang = func(ctx context.Context, _ platform.Part) {
		inside <- struct{}{}
		<-ctx.Done()
	}
	list := b.say("c", "k", "x", "on_unknown", "park")
	var began string
	for i, age := range []time.Duration{0, hour - time.Minute, hour - 2*time.Second} {
		if age > 0 { // as if it had begun so long ago
			began = b.beganAt("k", time.Now().Add(-age))
		}
		c := b.consumer("n" + strconv.Itoa(i))
		if i == 2 {
			break
		}
		<-inside
		crash(c)
		b.vacate()
		if at := b.claim("k", "started_at"); began != "" && at != began {
			t.Errorf("sent again, it began at %s, and not at %s", at, began)
		}
	}
	if r := b.ends(list, envelope.StatusParked); len(r.MessageIDs) != 0 {
		t.Errorf("receipt %+v", r)
	}
	if len(inside) > 0 {
		t.Error("it was sent once more, when the platform had forgotten its key")
	}
}
