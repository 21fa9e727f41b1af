package sdk

import (
	"os"
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
		{"worker-python.md", []string{"testdata/tour.py", "../../examples/python/echo.py"}, 7},
		{"worker-typescript.md", []string{"testdata/tour.ts", "../../examples/typescript/echo.ts"}, 6},
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
		scene := harness.NewScene(t, program)
		node := scene.Serve(t, "gw-1")
		ask(t, node, "q1", "hi")
		tour := start(t, l.test("tour"), "POSTERN_REDIS_URL="+scene.Redis.URL())
		for _, text := range []string{"Good **morning**", "Lunch?", "hello", "Your order is on its way", "You said: hi"} {
			scene.Sink.AwaitText(t, text, within)
		}
		awaitEnd(t, tour)
	})
}
