// Package platformtest is what every adapter must pass: the promise of
// platform.Adapter as a suite that runs against the adapter and a fake of its
// platform. What a platform cannot do, its capabilities and its Peer say, and
// the suite leaves out. Host stands in for the gateway.
package platformtest

import (
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Fixture is how the suite gets at one kind of adapter.
type Fixture struct {
	// Start makes one adapter, not open yet, and the fake platform at its
	// other end, for as long as t lasts. It is called often, and concurrently.
	Start func(t testing.TB) (platform.Adapter, Peer)

	// Secrets are what the adapters know and may never tell: tokens, and
	// addresses that bear them. They are searched for in errors and logs.
	Secrets []string

	// Local is the platform's own form of an id that the suite uses: channel,
	// channel-<n>, thread, and the messages m0 to m3, which are in channel and
	// ours. Nil: as they are.
	Local func(id string) string
}

func (f Fixture) local(id string) string {
	if f.Local == nil {
		return id
	}
	return f.Local(id)
}

// Peer is the fake platform, as the suite sees it. It is used concurrently.
type Peer interface {
	// Effects is what a user of the platform would have seen by now, oldest
	// first. A key that the platform honours makes one effect only.
	Effects() []Effect

	// Requests counts the operations of which at least a byte arrived.
	Requests() int

	// Fail makes the next request, or look-up, meet a fault. False means that this
	// platform has no such fault, and the check is left out.
	Fail(Fault) bool

	// Arrived gets one value for each request that met FaultSilent, once it
	// lies at the platform.
	Arrived() <-chan struct{}
}

// Effect is one visible thing that happened.
type Effect struct {
	Type      envelope.Type
	ChannelID string
	ThreadID  string
	Text      string // contains the operation's text; rendering is the adapter's
}

// Fault is a way that a request can fail.
type Fault string

// The faults that a Peer may know.
const (
	FaultLimited Fault = "limited" // refused for its rate, with a time to wait
	FaultBroken  Fault = "broken"  // the platform fails, as with a 5xx
	FaultAuth    Fault = "auth"    // the credentials are refused
	FaultMissing Fault = "missing" // the target is not there
	FaultRefused Fault = "refused" // nobody listens; stays so
	FaultSilent  Fault = "silent"  // taken, not acted on, not answered until the caller goes
	FaultLost    Fault = "lost"    // acted on, and the answer lost
)

// check is one promise.
type check struct {
	name string
	run  func(t testing.TB, f Fixture)
}

func checks() []check {
	return []check{
		{"capabilities are consistent", capabilitiesConsistent},
		{"capabilities stay the same", capabilitiesStay},
		{"plan is pure", planPure},
		{"plan makes numbered, storable parts", planParts},
		{"plan refuses a type that is not honoured", planRefusesTypes},
		{"plan shows a stream whatever it begins with", planBegun},
		{"plan refuses a medium that is not honoured", planRefusesMedia},
		{"plan refuses what has no target", planRefusesTargetless},
		{"open becomes ready", opensReady},
		{"close is safe at any time", closesSafely},
		{"a lease-bound adapter opens again", opensAgain},
		{"another node does stored parts", doStored},
		{"an edit tells what it took away", doShrunk},
		{"an edit leaves what is gone its place", doAround},
		{"one after the other stays in order", doInOrder},
		{"many at once all arrive", doConcurrently},
		{"nothing is sent under an ended context", doEndedContext},
		{"no byte leaves without a permit", doPermit},
		{"one key is one effect", doNativeKey},
		{"faults are classed", faultsClassed},
		{"a lost answer can be sent again", faultLostThenAgain},
		{"what was lost is found", findLost},
		{"a look-up that fails tells nothing", findFailing},
		{"secrets are not told", secretsKept},
		{"a stranger's callback publishes nothing", hookRefusesStrangers},
	}
}

// Run holds an adapter to the suite. Call it from a test that is not
// parallel: what looks for goroutines left behind must be alone.
func Run(t *testing.T, f Fixture) {
	t.Run("leaves no goroutine behind", func(t *testing.T) { leavesNoGoroutine(t, f) })
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, f)
		})
	}
}
