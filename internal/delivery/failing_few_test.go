package delivery

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// With too few lanes for the breaker each has its backoff, and that is enough:
// of ten minutes in which a platform answers nobody, each lane tries some thirty
// times, most of them in the first. Nothing dies of it.
func TestFewLanesDoNotHammerAPlatformThatFails(t *testing.T) {
	t.Parallel()
	for _, lanes := range []int{1, 3, failingLanes - 1} {
		for seed := range uint64(200) {
			chance := rand.New(rand.NewPCG(seed, 0))
			var f Failing
			tries, lastMinute := 0, 0
			for lane := range lanes {
				for attempts, now := 0, at(0); now.Before(at(600)); attempts++ {
					tries++
					if now.After(at(540)) {
						lastMinute++
					}
					f.Failed(fmt.Sprint(lane), now)
					step := After(&platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo}, Trial{
						Now: now, Attempts: attempts, Since: at(0), RetryFor: 24 * time.Hour, Nothing: true,
						Failing: f.Standing(), Jitter: chance.Float64(),
					})
					if step.Move != Retry {
						t.Fatalf("%d lanes: after %d attempts it is %v, not a retry", lanes, attempts, step.Move)
					}

					now = now.Add(step.Wait + 10*time.Millisecond)
				}
			}
			if f.Standing() {
				t.Errorf("%d lanes: the breaker stands", lanes)
			}
			if most := 60 * lanes; tries > most {
				t.Errorf("%d lanes, seed %d: %d tries in ten minutes; want at most %d", lanes, seed, tries, most)
			}
			if most := 15 * lanes; lastMinute > most {
				t.Errorf("%d lanes, seed %d: %d tries in the last minute; want at most %d", lanes, seed, lastMinute, most)
			}
		}
	}
}
