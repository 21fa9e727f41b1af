package outbound

import (
	"errors"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/platform"
)

// A part that goes out again under a key that the platform keeps for a minute
// does so within it, however late it is found to be over: our process may have
// stood still, or Redis' answer may have been long on its way.
func TestAPermitEndsWithTheKeysWindow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		began, asked time.Duration // ago
		want         error
	}{
		"within":                  {30 * time.Second, time.Second, nil},
		"over before it is asked": {time.Hour, time.Second, errForgotten},
		"over while Redis' answer was on its way": {30 * time.Second, 40 * time.Second, errForgotten},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			clock := &clock{}
			clock.set(now, now.Add(-c.asked))
			courier := &courier{
				books: &books{clock: clock}, trust: newTrust(time.Now, time.Hour, now),
				caps: platform.Capabilities{NativeKey: true, KeyWindow: 60},
			}
			e := &entry{letter: &letter{env: &envelope.Outbound{Type: envelope.TypeMessage}}, trial: &trial{
				again: true, claim: bus.Claim{State: bus.ClaimSending, StartedAt: now.Add(-c.began)},
			}}
			p := courier.permit(e, platform.Part{}, false)
			if err := p.check(); !errors.Is(err, c.want) || p.closed.Load() != (c.want != nil) {
				t.Errorf("%v; want %v", err, c.want)
			}
		})
	}
}
