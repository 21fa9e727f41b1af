package outbound

import (
	"testing"
	"time"
)

// An adapter does not return though its context has ended: the lease is not
// renewed any more, and another node takes the platform over.
func TestAnAdapterThatNeverReturns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	entered, letGo := b.platform.stall(t, "stuck")
	defer letGo() // before the consumers stop
	b.say("c", "k", "stuck")
	first := b.consumer("n1", func(c *Config) { c.Limits.Drain = 100 * time.Millisecond })
	<-entered
	roles := newRecorder()
	b.consumer("n2", func(c *Config) { c.Watcher = roles })
	await(t, roles.roles, RoleStandby)
	if !first.Give("n2") {
		t.Fatal("it is not active")
	}
	await(t, roles.roles, RoleActive)
	if node := b.client.HGet(t.Context(), b.lease(), "node").Val(); node != "n2" {
		t.Errorf("the lease is %q's; want n2's", node)
	}
}
