package gateway

import (
	"bytes"
	"testing"

	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// What adapters keep through their hosts is one for all nodes, and each
// platform's own.
func TestHostsShareRoomsAndSecrets(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	hosts := map[string]platform.Host{}
	for _, id := range []string{"n1", "n2"} {
		chat, other := newFake(), newFake()
		startNode(t, server.URL(), id, map[string]platform.Adapter{"chat": chat, "other": other})
		chat.await(t, "opened")
		other.await(t, "opened")
		hosts[id+" chat"], hosts[id+" other"] = chat.host, other.host
	}
	_, err := hosts["n1 chat"].Rooms().Update(t.Context(), "lobby", "a", func(platform.Record) []byte { return []byte("hello") })
	if err != nil {
		t.Fatal(err)
	}
	if record, err := hosts["n2 chat"].Rooms().Get(t.Context(), "lobby", "a"); err != nil || string(record.Data) != "hello" {
		t.Errorf("on the other node: %q, %v", record.Data, err)
	}
	if _, err := hosts["n2 other"].Rooms().Get(t.Context(), "lobby", "a"); err == nil {
		t.Error("another platform sees it")
	}
	secret := func(host string) []byte {
		s, err := hosts[host].Secret(t.Context(), "session")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if !bytes.Equal(secret("n1 chat"), secret("n2 chat")) || bytes.Equal(secret("n1 chat"), secret("n1 other")) {
		t.Error("a secret is one platform's, on all nodes")
	}
}
