package worker

import (
	"testing"

	"github.com/posternhq/postern/internal/redistest"
)

// What is published without a message_key must not be published twice: when the
// answer to it is lost the caller is told, and nobody sends it again behind its
// back, not even a Cluster's client, which repeats whatever MaxRetries says.
func TestAPublishWhoseAnswerIsLostIsNotRepeated(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) (*redistest.Proxy, string){
		"one Redis": func(t *testing.T) (*redistest.Proxy, string) {
			proxy := redistest.NewProxy(t, redistest.Start(t))
			return proxy, proxy.URL()
		},
		"a Cluster": func(t *testing.T) (*redistest.Proxy, string) { return redistest.StartClusterBehindProxy(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, url := start(t)
			c := open(t, url)
			out := Text(lobby, "x")
			data, err := c.encode(&out)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.add(t.Context(), &out, data); err != nil { // which connects
				t.Fatal(err)
			}
			lost := proxy.DropReply(1)
			if id, err := c.add(t.Context(), &out, data); err == nil {
				t.Errorf("published as %s, as if nothing had been lost", id)
			}
			<-lost
			if n, err := c.redis.XLen(t.Context(), "postern:outbound:chat").Result(); n != 2 || err != nil {
				t.Errorf("%d entries of two publishes, %v", n, err)
			}
		})
	}
}
