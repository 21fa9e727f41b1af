package world

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/posternhq/postern/internal/redistest"
)

// Topology is how Redis is set up.
type Topology string

// The topologies. All keep what they acknowledged: each server syncs its file
// before it answers, and a master without a replica that follows takes no
// writes.
const (
	Single   Topology = "single"
	Sentinel Topology = "sentinel" // a master, two replicas, three Sentinels
	Cluster  Topology = "cluster"  // three masters with a replica each
)

// server is a Redis of one topology.
type server interface {
	url() string
	client() redis.UniversalClient
	link() *redistest.Proxy // nil where there are no links

	// failover kills the master of the world's stream, once its replicas have
	// what it acknowledged; rejoin brings it back as a replica, once another
	// serves in its place.
	failover()
	rejoin()

	// unplanned is how often a replica was made the master otherwise: who was it
	// was starved. What it had acknowledged a moment before may be lost then.
	unplanned() int
}

func startServer(t testing.TB, topology Topology, stream string) server {
	t.Helper()
	durable := []string{"--appendonly", "yes", "--appendfsync", "always"}
	replicated := append(durable, "--min-replicas-to-write", "1", "--min-replicas-max-lag", "2")
	switch topology {
	case Sentinel:
		return &sentinel{Sentinel: redistest.StartSentinel(t, replicated...)}
	case Cluster:
		// Every entry, claim and record is in one slot: the stream's.
		return &cluster{Cluster: redistest.StartReplicatedCluster(t, replicated...), key: stream}
	default:
		s := &single{t: t}
		s.Server, s.clock = redistest.StartWithClock(t, durable...)
		return s
	}
}

// single is one server, with a clock of its own and links that can fail.
type single struct {
	*redistest.Server
	t     testing.TB
	clock *redistest.Clock
}

func (s *single) url() string                   { return s.URL() }
func (s *single) client() redis.UniversalClient { return s.Client() }
func (s *single) link() *redistest.Proxy        { return redistest.NewProxy(s.t, s.Server) }
func (s *single) failover()                     {}
func (s *single) rejoin()                       {}
func (s *single) unplanned() int                { return 0 }

type sentinel struct {
	*redistest.Sentinel
	killed    *redistest.Server
	failovers int
}

func (s *sentinel) url() string            { return s.URL() }
func (s *sentinel) link() *redistest.Proxy { return nil }

func (s *sentinel) client() redis.UniversalClient {
	options := &redis.UniversalOptions{MasterName: s.MasterName, Addrs: addresses(s.Watchers)}
	return redis.NewUniversalClient(once(options))
}

func (s *sentinel) unplanned() int { return promotions(s.Nodes) - s.failovers }

func (s *sentinel) failover() {
	s.failovers++
	s.killed = s.Master()
	s.killed.HoldWrites()
	s.killed.Stop()
}

func (s *sentinel) rejoin() {
	s.AwaitFailover(s.killed)
	s.Rejoin(s.killed)
}

type cluster struct {
	*redistest.Cluster
	key       string
	killed    *redistest.Server
	failovers int
}

func (c *cluster) url() string            { return c.URL() }
func (c *cluster) link() *redistest.Proxy { return nil }

func (c *cluster) client() redis.UniversalClient {
	return redis.NewUniversalClient(once(&redis.UniversalOptions{Addrs: addresses(c.Nodes)}))
}

func (c *cluster) unplanned() int { return promotions(c.Nodes) - c.failovers }

func (c *cluster) failover() {
	c.failovers++
	c.killed = c.Master(c.key)
	c.killed.HoldWrites()
	c.killed.Stop()
}

func (c *cluster) rejoin() {
	c.AwaitFailover(c.key, c.killed)
	c.Rejoin(c.killed, c.key)
}

func promotions(servers []*redistest.Server) (n int) {
	for _, s := range servers {
		n += s.Promotions()
	}
	return n
}

// once makes a client that repeats no command by itself. A Cluster's client
// goes on to the next node all the same.
func once(o *redis.UniversalOptions) *redis.UniversalOptions {
	o.MaxRetries = -1
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}

func addresses(servers []*redistest.Server) []string {
	out := make([]string, len(servers))
	for i, s := range servers {
		out[i] = s.Addr
	}
	return out
}
