package sdk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/posternhq/postern/test/harness"
)

// fenced is a snippet of a page.
var fenced = regexp.MustCompile("(?ms)^```(?:python|ts)\n(.*?)^```$")

// Every snippet of a page stands, as it is, in a program that a test runs.
func TestSnippetsAreOfProgramsThatRun(t *testing.T) {
	t.Parallel()
	for _, page := range []struct {
		name    string
		sources []string
		least   int // snippets
	}{
		{"worker-python.md", []string{"testdata/tour.py", "../../examples/python/echo.py"}, 8},
		{"worker-typescript.md", []string{"testdata/tour.ts", "../../examples/typescript/echo.ts"}, 7},
	} {
		text, err := os.ReadFile(filepath.Join(root, "docs", page.name))
		if err != nil {
			t.Fatal(err)
		}
		var programs strings.Builder
		for _, source := range page.sources {
			program, err := os.ReadFile(filepath.FromSlash(source))
			if err != nil {
				t.Fatal(err)
			}
			programs.Write(program)
		}
		snippets := fenced.FindAllStringSubmatch(string(text), -1)
		if len(snippets) < page.least {
			t.Errorf("%s: found %d snippets, expected %d at least", page.name, len(snippets), page.least)
		}
		for _, s := range snippets {
			if !strings.Contains(programs.String(), s[1]) {
				t.Errorf("%s: this snippet is in none of %v:\n%s", page.name, page.sources, s[1])
			}
		}
	}
}

// The pages' snippets, in their order.
func TestTour(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l language) {
		files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "a plan")
		}))
		t.Cleanup(files.Close)
		scene := harness.NewScene(t, program)
		// The platform that the pages speak of, with an end that can be looked at.
		scene.More = fmt.Sprintf("  - { name: chat, kind: webhook, url: %q }\nmedia: { fetch: { allow: [127.0.0.1] } }", scene.Sink.URL("gw-1"))
		node := scene.Serve(t, "gw-1")
		ask(t, node, "q1", "hi")
		tour := start(t, l.test("tour"), "POSTERN_REDIS_URL="+scene.Redis.URL())
		for _, text := range []string{"Good **morning**", "Lunch?", "hello", "Your order is on its way", "You said: hi"} {
			scene.Sink.AwaitText(t, text, within)
		}
		scene.Sink.AwaitText(t, "Now press, and send a file", within)
		tell(t, node, map[string]any{"event": "button", "channel_id": "lobby", "user_id": "ann", "event_id": "b1", "custom_id": "yes"})
		scene.Sink.AwaitText(t, "ann chose yes", within)
		tell(t, node, map[string]any{
			"event": "message", "channel_id": "lobby", "user_id": "ann", "event_id": "f1",
			"attachments": []map[string]any{{"filename": "plan.txt", "url": files.URL + "/plan.txt"}},
		})
		scene.Sink.AwaitText(t, "Here it is again", within)
		awaitEnd(t, tour)
	})
}

// A program that is no part of the repository is checked and run as
// docs/worker-typescript.md says. npm would ask its registry, so what it does
// with a folder, to link it, is done here.
func TestTypeScriptOutsideTheClone(t *testing.T) {
	t.Parallel()
	const check = "tsc --module nodenext --strict bot.ts"
	page, err := os.ReadFile(filepath.Join(root, "docs", "worker-typescript.md"))
	if err != nil || !strings.Contains(string(page), "\nnpx "+check+"\n") {
		t.Errorf("the page does not say %q any more (%v)", check, err)
	}
	sdk, err := filepath.Abs(filepath.Join(root, "sdk", "typescript"))
	if err != nil {
		t.Fatal(err)
	}
	bot, err := os.ReadFile(filepath.Join(root, "examples", "typescript", "echo.ts"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"package.json": `{"type": "module"}`, "bot.ts": string(bot)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"@postern/worker": sdk, "@types": filepath.Join(sdk, "node_modules", "@types")} {
		link := filepath.Join(dir, "node_modules", name)
		if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	words := strings.Fields(check)
	cmd := exec.CommandContext(t.Context(), filepath.Join(sdk, "node_modules", ".bin", words[0]), words[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s\n%s: %v\n%s", need, check, err, out)
	}
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	worker := start(t, []string{"node", filepath.Join(dir, "bot.js")}, "POSTERN_REDIS_URL="+scene.Redis.URL())
	ask(t, node, "q1", "hi")
	scene.Sink.AwaitText(t, "echo: hi", within)
	awaitFinished(t, scene)
	terminate(t, worker)
}
