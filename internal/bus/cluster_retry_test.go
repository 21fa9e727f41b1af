package bus

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/redistest"
)

// lossyCluster is a Cluster of one master that is reached through a proxy
// only, with a stream on it, its script read loaded.
func lossyCluster(t *testing.T) (*Stream, *redistest.Proxy) {
	t.Helper()
	proxy, url := redistest.StartClusterBehindProxy(t)
	s := openStream(t, url)
	hold(t, s, "t1")
	readOn(t, intake(t, s, "t1"), 1)
	return s, proxy
}

// TestClusterCallsAreMadeOnce: a Cluster's client follows slots that moved, and
// sends nothing again whose reply was lost.
//
// Pitfalls 4 (a lost reply strands a batch, and the client hides it) and 14
// (XADD retried makes two entries), in a Cluster, whose client retries whatever
// MaxRetries says. Fails without the hook of redisonce.
func TestClusterCallsAreMadeOnce(t *testing.T) {
	t.Parallel()
	s, proxy := lossyCluster(t)
	ids := publish(t, s, "1", "2", "3", "4")
	in := intake(t, s, "t1")
	lost := proxy.DropReply(1)
	if got, err := in.Read(t.Context(), 2); err == nil {
		t.Errorf("read %v, as if nothing had been lost", got)
	}
	<-lost
	in.Begin()
	page, err := in.ClaimPending(t.Context(), "0-0", 0, 9)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "in our name", page.IDs, ids[:2])

	lost = proxy.DropReply(1)
	if id, err := s.bus.client.XAdd(t.Context(), &redis.XAddArgs{Stream: "x", Values: []string{"k", "v"}}).Result(); err == nil {
		t.Errorf("XADD says %s, as if nothing had been lost", id)
	}
	<-lost
	equal(t, "entries of one XADD", s.bus.client.XLen(t.Context(), "x").Val(), int64(1))
}
