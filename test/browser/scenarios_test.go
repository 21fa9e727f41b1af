package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posternhq/postern/test/harness"
)

// chat is the platform of every scenario's gateway. The origin is that of a
// foreign site, which exists in the browser alone.
const chat = `  - name: chat
    kind: webchat
    title: Postern
    bot_name: Porter
    rate: 50
    burst: 200
    origins: ["http://embedder.test"]
`

// alone names the scenarios that kill their gateway, and so share it with none.
var alone = map[string]bool{"away": true, "plug": true}

func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("scenarios/*.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios found: %v", err)
	}
	shared := open(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".mjs")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house := shared
			if alone[name] {
				house = open(t)
			}
			house.play(t, file)
		})
	}
}

// house is a gateway with web chat on a Redis of its own.
type house struct {
	scene *harness.Scene
	node  *harness.Node
}

func open(t *testing.T) house {
	t.Helper()
	scene := harness.NewScene(t, program)
	scene.More = chat
	return house{scene: scene, node: scene.Serve(t, "gw")}
}

// artifacts is where screenshots are kept: POSTERN_ARTIFACTS, else a folder that
// goes with the test.
func artifacts(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("POSTERN_ARTIFACTS")
	if dir == "" {
		return t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
