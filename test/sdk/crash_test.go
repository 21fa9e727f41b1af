package sdk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

// gate is a server that a worker waits at in the middle of its handler.
type gate struct {
	url  string
	came chan struct{} // one for each that arrives
	open chan struct{} // closed: everybody may pass
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{came: make(chan struct{}, 16), open: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		g.came <- struct{}{}
		select {
		case <-g.open:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

// await waits until a worker has come to the gate.
func (g *gate) await(t *testing.T) {
	t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-g.came:
	case <-timer.C:
		t.Fatalf("no worker came to the middle of its handler within %v", within)
	}
}

// A worker is killed in the middle of its handler, after its first message. The
// other one answers the event, and nobody sees anything twice.
func TestKilledInMidHandlerIsAnsweredOnceByAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l language) {
		scene := harness.NewScene(t, program)
		node := scene.Serve(t, "gw-1")
		g := newGate(t)
		env := []string{"POSTERN_REDIS_URL=" + scene.Redis.URL(), "GATE_URL=" + g.url}
		first := start(t, l.test("patient"), env...)
		ask(t, node, "q1", "life")
		g.await(t)
		scene.Sink.AwaitText(t, "thinking about life", within)
		second := start(t, l.test("patient"), env...)
		ask(t, node, "q2", "everything") // same conversation: after the first
		first.Kill()
		g.await(t)
		close(g.open)
		scene.Sink.AwaitText(t, "the answer to everything", within)
		scene.AwaitSettled(t, within)
		awaitFinished(t, scene)

		var got []string
		for _, r := range scene.Sink.Requests() {
			got = append(got, r.Text)
		}
		want := []string{"thinking about life", "the answer to life", "thinking about everything", "the answer to everything"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the receiver saw %q, expected %q", got, want)
		}
		terminate(t, second)
	})
}
