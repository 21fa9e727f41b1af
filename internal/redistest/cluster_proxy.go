package redistest

import (
	"context"
	"net"
	"testing"
)

// StartClusterBehindProxy runs a Cluster of one master that is reached through
// a proxy only, as it says itself. Its URL is the proxy's, with ?addr= of it.
func StartClusterBehindProxy(t testing.TB) (*Proxy, string) {
	t.Helper()
	server := Start(t, "--cluster-enabled", "yes")
	proxy := NewProxy(t, server)
	_, port, err := net.SplitHostPort(proxy.Addr)
	if err != nil {
		t.Fatal(err)
	}
	server.Config("cluster-announce-ip", "127.0.0.1")
	server.Config("cluster-announce-port", port)
	client := server.Client()
	if err := client.ClusterAddSlotsRange(t.Context(), 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	await(t, "the Cluster serves", func(ctx context.Context) error { return client.Set(ctx, "k", "v", 0).Err() })
	return proxy, proxy.URL() + "?addr=" + proxy.Addr
}
