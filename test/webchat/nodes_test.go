package webchat

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

// TestPagesOnOtherNodes: three nodes, one of them active, the pages on the two
// others, and in the middle the active one stops. Each page hears all that is
// said to it, in order and once, whichever node delivers it.
func TestPagesOnOtherNodes(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Lease = 15 * time.Second
	scene.More = "  - { name: " + chat + ", kind: webchat }\n"
	active := scene.Serve(t, "gw-1")
	harness.Await(t, 30*time.Second, "it is active", func() (bool, string) {
		held := active.Metric("postern_lease_held", `platform="`+chat+`"`)
		return held == 1, fmt.Sprint("held: ", held)
	})
	began := time.Now()
	now := func() time.Duration { return time.Since(began) }
	worker, stop := startEcho(t, scene, now)
	pages := open(t, scene.Serve(t, "gw-2").Addr(), 10, now)
	pages = append(pages, open(t, scene.Serve(t, "gw-3").Addr(), 10, now)...)
	var reading sync.WaitGroup
	for _, p := range pages {
		reading.Go(p.read)
	}
	for _, during := range []func(){func() {}, func() { active.Terminate() }} {
		talked := make(chan error, 1)
		go func() { talked <- talk(pages, now, 2*time.Second) }()
		during()
		if err := <-talked; err != nil {
			t.Fatalf("a page could not send: %v", err)
		}
	}
	sent := 0
	for _, p := range pages {
		sent += p.sent
	}
	harness.Await(t, 30*time.Second, "all is echoed", func() (bool, string) {
		return worker.echoed.Load() == int64(sent), fmt.Sprintf("%d sent, %d echoed", sent, worker.echoed.Load())
	})
	awaitHeard(t, pages, sent)
	closeAll(pages)
	reading.Wait()
	stop()
	for i, p := range pages {
		if p.wrong != nil || p.heard != p.sent {
			t.Errorf("page %d sent %d and heard %d: %v", i, p.sent, p.heard, p.wrong)
		}
	}
}
