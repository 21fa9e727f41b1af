package redistest

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/redisurl"
)

// client follows a URL as the gateway does.
func client(t *testing.T, url string) redis.UniversalClient {
	t.Helper()
	o, err := redisurl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewUniversalClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// setEverywhere writes key = "before", and waits until the replicas have it.
func setEverywhere(t *testing.T, master *Server, key string, replicas int) {
	t.Helper()
	c := master.Client().Conn() // WAIT is about what its own connection wrote
	defer func() { _ = c.Close() }()
	if err := c.Set(t.Context(), key, "before", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Do(t.Context(), "WAIT", replicas, 0).Int(); n < replicas || err != nil {
		t.Fatalf("WAIT %d: %d, %v", replicas, n, err)
	}
}

func TestSentinelFailsOverAndBack(t *testing.T) {
	t.Parallel()
	s := StartSentinel(t, "--min-replicas-to-write", "1", "--min-replicas-max-lag", "10")
	setEverywhere(t, s.Master(), "k", 2)
	killed, master := s.Failover()
	if killed == master || killed != s.Nodes[0] {
		t.Fatalf("killed %s, now %s", killed.Addr, master.Addr)
	}
	if v, err := client(t, s.URL()).Get(t.Context(), "k").Result(); v != "before" || err != nil {
		t.Errorf("GET k after the failover: %q, %v", v, err)
	}
	s.Rejoin(killed)
	if err := killed.Client().Set(t.Context(), "k", "x", 0).Err(); err == nil {
		t.Error("the old master takes writes")
	}
	_, again := s.Failover()
	if v, err := again.Client().Get(t.Context(), "k").Result(); v != "before" || err != nil {
		t.Errorf("GET k after the second failover: %q, %v", v, err)
	}
	if n := promotionsOf(s.Nodes); n != 2 {
		t.Errorf("%d promotions, want 2", n)
	}
}

// What a master acknowledged until its writes are held back is at its replicas.
func TestHoldWritesKeepsWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	s := StartSentinel(t)
	master := s.Master()
	under, acknowledged := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { acknowledged <- n }()
		c := master.dial()
		defer func() { _ = c.Close() }()
		for c.Incr(t.Context(), "n").Err() == nil {
			if n++; n == 100 {
				close(under)
			}
		}
	}()
	<-under
	master.HoldWrites()
	master.Stop()
	n, now := <-acknowledged, s.AwaitFailover(master)
	if has, err := now.Client().Get(t.Context(), "n").Int(); err != nil || has < n {
		t.Errorf("%d were acknowledged; the new master has %d, %v", n, has, err)
	}
}

func promotionsOf(servers []*Server) (n int) {
	for _, s := range servers {
		n += s.Promotions()
	}
	return n
}

// TestSentinelReplacesAFrozenMaster: what goes on after a pause finds itself a
// replica.
func TestSentinelReplacesAFrozenMaster(t *testing.T) {
	t.Parallel()
	s := StartSentinel(t)
	old := s.Master()
	old.Pause()
	master := s.AwaitFailover(old)
	old.Resume()
	s.AwaitReplica(old)
	if now := s.Master(); now != master {
		t.Errorf("master %s, was %s", now.Addr, master.Addr)
	}
}

func TestClusterFailsOverAndMovesASlot(t *testing.T) {
	t.Parallel()
	c := StartReplicatedCluster(t)
	const key = "{postern}"
	before := c.Master(key)
	setEverywhere(t, before, key, 1)
	killed, master := c.Failover(key)
	if killed != before || master == before {
		t.Fatalf("killed %s, now %s; was %s", killed.Addr, master.Addr, before.Addr)
	}
	c.Rejoin(killed, key)
	for _, other := range c.Masters() {
		if other != master {
			c.MoveSlot(key, other)
			break
		}
	}
	if v, err := client(t, c.URL()).Get(t.Context(), key).Result(); v != "before" || err != nil {
		t.Errorf("GET after failover and move: %q, %v", v, err)
	}
	if now := c.Master(key); now == master {
		t.Errorf("the slot is still at %s", now.Addr)
	}
	if n := promotionsOf(c.Nodes); n != 1 {
		t.Errorf("%d promotions, want 1", n)
	}
}
