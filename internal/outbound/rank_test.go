package outbound

import (
	"slices"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// One slot, and all is ready at once: messages and finals go first, then what
// changes what is there, then signs of life. A stream's place is as urgent as
// the snapshot that stands there.
func TestWhatIsMoreUrgentStartsFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.Types[envelope.TypePresence] = platform.Full
	c := b.unready("n1", func(c *Config) { c.Limits.InFlight = 1 })
	b.publish(map[string]any{"type": "typing", "channel_id": "typing", "active": true})
	b.snapshot("grows", 1, "grows", "channel_id", "grows")
	overtaken := b.snapshot("ends", 1, "begins", "channel_id", "ends")
	b.editing("edit", "m", "edit")
	b.say("message", "", "message")
	b.snapshot("ends", 2, "ends", "channel_id", "ends", "final", true)
	b.ends(overtaken, envelope.StatusSuperseded)
	b.until("all are read", func() bool { return c.Numbers().Entries == 5 })
	c.SetReady(true)
	var order []string
	for _, a := range b.platform.await(t, 5) {
		order = append(order, a.channel)
	}
	if want := []string{"ends", "message", "grows", "edit", "typing"}; !slices.Equal(order, want) {
		t.Errorf("the platform saw %v, want %v", order, want)
	}
}
