package outbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
)

// Who is cut off from Redis says that it is not active before another node can
// be, though a call of it still waits for an answer: its connection may be one
// of which the platform bears only one.
func TestCutOffIsNotActiveBesideAnother(t *testing.T) {
	t.Parallel()
	const lease = 4 * time.Second
	b := newBench(t)
	proxy := redistest.NewProxy(t, b.server)
	entered, letGo := b.platform.stall(t, "hello")
	one, two := newRecorder(), newRecorder()
	b.consumer("n1", watched(one, lease), proxied(t, proxy))
	await(t, one.roles, RoleActive)
	b.say("c", "k", "hello")
	<-entered
	b.consumer("n2", watched(two, lease))
	await(t, two.roles, RoleStandby)
	proxy.Blackhole()
	t.Cleanup(proxy.Heal)
	letGo() // what came of it is to be written down, and no answer comes
	await(t, two.roles, RoleActive)
	select {
	case role := <-one.roles:
		if role != RoleNone {
			t.Errorf("cut off, it is %q", role)
		}
	default:
		t.Error("two nodes are active")
	}
}

// proxied has a consumer reach Redis through a proxy.
func proxied(t *testing.T, proxy *redistest.Proxy) func(*Config) {
	return func(c *Config) {
		t.Helper()
		b, err := bus.Open(bus.Options{URL: proxy.URL()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		c.Redis = b
	}
}
