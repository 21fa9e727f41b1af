package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
)

// slots is how many a Cluster has.
const slots = 16384

// Cluster is three masters that share the slots evenly, and their replicas. A
// master that does not answer for a second and a half is failed over.
type Cluster struct {
	Nodes []*Server // the first three began as masters, node 3+i as the replica of node i

	t testing.TB
}

// StartCluster runs a Redis Cluster of three masters without replicas, and
// returns when each of them serves all.
func StartCluster(t testing.TB) []*Server {
	t.Helper()
	return startCluster(t, 3).Nodes
}

// StartReplicatedCluster runs a Redis Cluster of three masters with a replica
// each, and returns when every node serves all and the replicas are in sync.
// args are for each node, as in Start.
func StartReplicatedCluster(t testing.TB, args ...string) *Cluster {
	t.Helper()
	c := startCluster(t, 6, args...)
	for i, replica := range c.Nodes[3:] {
		id := c.Nodes[i].clusterID()
		await(t, "a replica is taken in", func(ctx context.Context) error {
			client := replica.dial()
			defer func() { _ = client.Close() }()
			return client.ClusterReplicate(ctx, id).Err()
		})
	}
	for i, replica := range c.Nodes[3:] {
		await(t, "a replica gets in sync", func(ctx context.Context) error { return replica.replicates(ctx, c.Nodes[i]) })
	}
	c.awaitWhole("slave", 3)
	return c
}

// startCluster starts so many nodes, of which the first three are masters.
func startCluster(t testing.TB, nodes int, args ...string) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	for range nodes {
		c.Nodes = append(c.Nodes, newServer(t, append([]string{
			"--cluster-enabled", "yes", "--cluster-node-timeout", "1500",
			"--cluster-replica-validity-factor", "0", "--cluster-allow-replica-migration", "no",
			"--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1",
		}, args...)...))
	}
	startAll(t, c.Nodes)
	first, port, _ := net.SplitHostPort(c.Nodes[0].Addr)
	for i, n := range c.Nodes {
		n.do("CLUSTER", "SET-CONFIG-EPOCH", i+1)
		if i < 3 {
			n.do("CLUSTER", "ADDSLOTSRANGE", i*slots/3, (i+1)*slots/3-1)
		}
		if i > 0 {
			n.do("CLUSTER", "MEET", first, port)
		}
	}
	c.awaitWhole("master", nodes)
	return c
}

// awaitWhole returns when each node that runs says that the Cluster serves all
// its slots, and knows so many nodes of that role.
func (c *Cluster) awaitWhole(role string, count int) {
	c.t.Helper()
	for _, n := range c.Nodes {
		if n.proc == nil {
			continue
		}
		await(c.t, "the Cluster forms", func(ctx context.Context) error {
			client := n.dial()
			defer func() { _ = client.Close() }()
			info, err := client.ClusterInfo(ctx).Result()
			if err != nil {
				return err
			}
			known, err := client.ClusterNodes(ctx).Result()
			if err == nil && (!strings.Contains(info, "cluster_state:ok") || strings.Count(known, role+" ") < count) {
				err = fmt.Errorf("%s says:\n%s%s", n.Addr, info, known)
			}
			return err
		})
	}
}

// URL leads to the Cluster.
func (c *Cluster) URL() string {
	url := c.Nodes[0].URL()
	for i, n := range c.Nodes[1:] {
		url += map[bool]string{true: "?", false: "&"}[i == 0] + "addr=" + n.Addr
	}
	return url
}

// Masters are the nodes that run and are masters by their own word.
func (c *Cluster) Masters() (masters []*Server) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for _, n := range c.Nodes {
		if n.proc != nil && n.feeds(ctx, 0) == nil {
			masters = append(masters, n)
		}
	}
	return masters
}

// Master is the node that serves key's slot now, by the word of all that run.
func (c *Cluster) Master(key string) *Server {
	c.t.Helper()
	var master *Server
	await(c.t, "the Cluster agrees on who serves "+key, func(ctx context.Context) (err error) {
		master, err = c.agreed(ctx, key)
		return err
	})
	return master
}

func (c *Cluster) agreed(ctx context.Context, key string) (*Server, error) {
	named := map[string]bool{}
	for _, n := range c.Nodes {
		if n.proc == nil {
			continue
		}
		addr, err := n.serving(ctx, key)
		if err != nil {
			return nil, err
		}
		named[addr] = true
	}
	for _, n := range c.Nodes {
		if len(named) == 1 && named[n.Addr] {
			return n, nil
		}
	}
	return nil, fmt.Errorf("they name %v", named)
}

// serving is the address that this node gives for key's slot. A line of CLUSTER
// NODES is: id, address@port, flags, master, three times, link, slots.
func (s *Server) serving(ctx context.Context, key string) (string, error) {
	client := s.dial()
	defer func() { _ = client.Close() }()
	slot, err := client.ClusterKeySlot(ctx, key).Result()
	text, err2 := client.ClusterNodes(ctx).Result()
	if err := errors.Join(err, err2); err != nil {
		return "", fmt.Errorf("ask %s: %w", s.Addr, err)
	}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		for _, r := range fields[min(8, len(fields)):] {
			var first, last int64
			switch n, _ := fmt.Sscanf(r, "%d-%d", &first, &last); n {
			case 1:
				last = first
			case 0:
				continue // one that moves: told by the range that it is in
			}
			if addr, _, _ := strings.Cut(fields[1], "@"); first <= slot && slot <= last {
				return addr, nil
			}
		}
	}
	return "", fmt.Errorf("%s knows nobody who serves slot %d", s.Addr, slot)
}

// clusterID is the node's name in the Cluster.
func (s *Server) clusterID() string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	client := s.dial()
	defer func() { _ = client.Close() }()
	id, err := client.ClusterMyID(ctx).Result()
	if err != nil {
		s.t.Fatalf("ask %s for its id: %v", s.Addr, err)
	}
	return id
}
