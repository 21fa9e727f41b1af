package webchat

import (
	"fmt"
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
	pages := gather(t, scene)
	enter(t, pages, scene.Serve(t, "gw-2"), 10)
	enter(t, pages, scene.Serve(t, "gw-3"), 10)
	for _, during := range []func(){func() {}, func() { active.Terminate() }} {
		talked := make(chan error, 1)
		go func() { talked <- pages.Talk(2 * time.Second) }()
		during()
		if err := <-talked; err != nil {
			t.Fatal(err)
		}
	}
	settle(t, pages)
	if err := pages.Leave(); err != nil {
		t.Error(err)
	}
}
