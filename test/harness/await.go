// Package harness runs the built gateway as its users do, between a real
// redis-server and a webhook receiver, and judges what came out.
//
// A test is a Scene (Redis, receiver, configuration), one or two Nodes
// (processes that can be killed, frozen and started again), something
// published, and a History check over what the receiver saw. Nothing here
// looks inside the gateway: evidence is the receiver's log, what is left in
// Redis, and what the process says over HTTP.
package harness

import (
	"testing"
	"time"
)

// pollEvery is how often a foreign process is asked whether it is so far.
const pollEvery = 20 * time.Millisecond

// Await asks until done, and fails the test with the last state if it is not
// done in time. It is for what announces itself to nobody: a process that
// becomes ready, a list in Redis that grows.
func Await(t testing.TB, within time.Duration, what string, ask func() (done bool, state string)) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		done, state := ask()
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("%s: the test ended first; %s", what, state)
		case <-deadline.C:
			t.Fatalf("%s: not within %v; %s", what, within, state)
		}
	}
}
