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

// token is what the scenario of this name enters with.
const token = "open sesame"

// alone names the scenarios that kill their gateway, or set it up in their own
// way, and so share it with none.
var alone = map[string]bool{"away": true, "plug": true, "token": true}

func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("scenarios/*.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios found: %v", err)
	}
	shared := open(t, chat)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".mjs")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house := shared
			if alone[name] {
				house = open(t, settings(t, name))
			}
			house.play(t, file)
		})
	}
}

// settings are the platform's of a scenario that has its gateway to itself.
func settings(t *testing.T, name string) string {
	t.Helper()
	if name != "token" {
		return chat
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	return chat + "    token_file: " + file + "\n"
}

// house is a gateway with web chat on a Redis of its own.
type house struct {
	scene *harness.Scene
	node  *harness.Node
}

func open(t *testing.T, platform string) house {
	t.Helper()
	scene := harness.NewScene(t, program)
	scene.More = platform
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
