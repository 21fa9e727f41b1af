package redistest

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// slots is how many a Cluster has.
const slots = 16384

// StartCluster runs a Redis Cluster of three masters without replicas, the
// slots spread evenly, and returns when each of them serves all.
func StartCluster(t testing.TB) []*Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	masters := make([]*Server, 3)
	for i := range masters {
		masters[i] = Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
		c := masters[i].Client()
		if err := c.ClusterAddSlotsRange(ctx, i*slots/3, (i+1)*slots/3-1).Err(); err != nil {
			t.Fatalf("give master %d its slots: %v", i, err)
		}
		if err := c.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err(); err != nil {
			t.Fatalf("give master %d its epoch: %v", i, err)
		}
		if i > 0 {
			host, port, _ := net.SplitHostPort(masters[0].Addr)
			if err := c.ClusterMeet(ctx, host, port).Err(); err != nil {
				t.Fatalf("introduce master %d: %v", i, err)
			}
		}
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, m := range masters {
		for c := m.Client(); ; {
			info, err := c.ClusterInfo(ctx).Result()
			if err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3") {
				break
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatalf("the cluster does not form; %s says %v:\n%s", m.Addr, err, info)
			}
		}
	}
	return masters
}
