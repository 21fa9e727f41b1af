package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Failover kills the master that serves key, as a crash would, and returns
// when its replica serves in its place and the Cluster agrees.
func (c *Cluster) Failover(key string) (killed, master *Server) {
	c.t.Helper()
	killed = c.Master(key)
	killed.Stop()
	return killed, c.AwaitFailover(key, killed)
}

// AwaitFailover returns the node that serves key once all that run, old aside,
// agree that it is not old.
func (c *Cluster) AwaitFailover(key string, old *Server) (master *Server) {
	c.t.Helper()
	await(c.t, "a failover", func(ctx context.Context) error {
		named := map[string]bool{}
		for _, n := range c.Nodes {
			if n == old || n.proc == nil {
				continue
			}
			addr, err := n.serving(ctx, key)
			if err != nil {
				return err
			}
			named[addr] = true
		}
		for _, n := range c.Nodes {
			if len(named) == 1 && named[n.Addr] && n != old {
				master = n
				return n.feeds(ctx, 0)
			}
		}
		return fmt.Errorf("they name %v", named)
	})
	return master
}

// Rejoin brings a killed node back, and returns when it is a replica in sync
// with whoever serves key. Wait for the failover first: a master that comes
// back before it, without persistence, is an empty master.
func (c *Cluster) Rejoin(node *Server, key string) {
	c.t.Helper()
	node.Restart()
	await(c.t, "a node comes back as a replica", func(ctx context.Context) error {
		master, err := c.agreed(ctx, key)
		if err != nil {
			return err
		}
		return node.replicates(ctx, master)
	})
}

// MoveSlot moves key's slot to another master while it serves, key by key, as
// resharding does: clients meet ASK, TRYAGAIN and MOVED.
func (c *Cluster) MoveSlot(key string, to *Server) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), formTimeout)
	defer cancel()
	from := c.Master(key)
	source, target := from.dial(), to.dial()
	defer func() { _ = errors.Join(source.Close(), target.Close()) }()
	slot, err := source.ClusterKeySlot(ctx, key).Result()
	if err != nil {
		c.t.Fatalf("ask for the slot of %s: %v", key, err)
	}
	to.do("CLUSTER", "SETSLOT", slot, "IMPORTING", from.clusterID())
	from.do("CLUSTER", "SETSLOT", slot, "MIGRATING", to.clusterID())
	host, port, _ := net.SplitHostPort(to.Addr)
	for {
		keys, err := source.ClusterGetKeysInSlot(ctx, int(slot), 1).Result()
		if err != nil {
			c.t.Fatalf("list the keys of slot %d: %v", slot, err)
		}
		if len(keys) == 0 {
			break
		}
		if err := source.Migrate(ctx, host, port, keys[0], 0, startTimeout).Err(); err != nil {
			c.t.Fatalf("move %s from %s to %s: %v", keys[0], from.Addr, to.Addr, err)
		}
	}
	to.do("CLUSTER", "SETSLOT", slot, "NODE", to.clusterID()) // first, or a crash leaves it to nobody
	from.do("CLUSTER", "SETSLOT", slot, "NODE", to.clusterID())
	if now := c.Master(key); now != to {
		c.t.Fatalf("slot %d is served by %s, expected %s", slot, now.Addr, to.Addr)
	}
}
