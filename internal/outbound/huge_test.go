package outbound

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
)

// A text of nearly 1 MiB in 500 parts, whose plan is larger than one batch: the
// node dies in the middle of it, and the next one, which cuts elsewhere, goes on
// with what was planned. Others are served beside it.
func TestAHugePlanOutlivesACrash(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var parts []string
	for i := range 500 {
		parts = append(parts, fmt.Sprint(i, strings.Repeat("x", 2000)))
	}
	entered := b.platform.trap(parts[300])
	list := b.say("c", "k", strings.Join(parts, "|"))
	first := b.consumer("n1", func(c *Config) { c.Adapter = recut{fakeAdapter{b.platform}, 0} })
	<-entered
	if plan := b.claim("k", "plan"); len(plan) <= 1<<20 {
		t.Errorf("the plan has %d bytes: not more than a batch", len(plan))
	}
	b.ends(b.say("d", "k2", "beside it"), envelope.StatusDelivered)
	crash(first)
	b.vacate()
	b.consumer("n2", func(c *Config) { c.Adapter = recut{fakeAdapter{b.platform}, 1} })
	if r := b.ends(list, envelope.StatusDelivered); len(r.MessageIDs) != len(parts) || r.PossibleDuplicate {
		t.Errorf("%d ids; possible_duplicate %v", len(r.MessageIDs), r.PossibleDuplicate)
	}
	if got, want := b.platform.seen("c"), strings.Join(parts, " "); got != want {
		t.Errorf("the platform saw %d bytes, want %d", len(got), len(want))
	}
	if plan := b.claim("k", "plan"); plan != "" {
		t.Errorf("the plan is kept after its end: %d bytes", len(plan))
	}
}

// A text that a platform cuts into crumbs would take far more in Redis than it
// took when it was published. It is refused before anything is sent, and nothing
// of the plan is kept.
func TestAPlanTooLargeToKeep(t *testing.T) {
	t.Parallel()
	crumbs := strings.Repeat("x|", 100_000)
	for name, publish := range map[string]func(b *bench) (list string){
		"a message": func(b *bench) string { return b.say("c", "k", crumbs) },
		"a stream":  func(b *bench) string { return b.snapshot("k", 1, crumbs, "final", true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			list := publish(b)
			next := b.say("c", "k2", "next")
			b.consumer("n1")
			if r := b.ends(list, envelope.StatusDead); r.Error.Code != envelope.CodeTooLarge || r.Error.Field != "text" || r.Attempts != 0 {
				t.Errorf("receipt %+v %+v", r, r.Error)
			}
			b.ends(next, envelope.StatusDelivered)
			if got := b.platform.seen("c"); got != "next" {
				t.Errorf("the platform saw %d bytes", len(got))
			}
			if plan := b.claim("k", "plan"); plan != "" {
				t.Errorf("a plan of %d bytes is kept", len(plan))
			}
		})
	}
}
