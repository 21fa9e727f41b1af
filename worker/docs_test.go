package worker

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	goBlock   = regexp.MustCompile("(?s)```go\n(.*?)```")
	luaBlock  = regexp.MustCompile("(?s)```lua\n(.*?)```")
	firstTabs = regexp.MustCompile(`(?m)^\t+`)
)

// What the pages show of Go is compiled, here or in the examples; and what they
// show of the recipe is what is run.
func TestPagesShowWhatIsCompiled(t *testing.T) {
	t.Parallel()
	var goText, luaText string
	for _, pattern := range []string{"example_test.go", "../examples/go/*/*.go"} {
		goText += read(t, pattern)
	}
	luaText = read(t, "lock/*.lua")
	flat := func(s string) string { return firstTabs.ReplaceAllString(s, "") }
	for page, least := range map[string]int{"worker-go.md": 8, "one-conversation.md": 0} {
		text := read(t, filepath.Join("..", "docs", page))
		blocks := goBlock.FindAllStringSubmatch(text, -1)
		if len(blocks) < least {
			t.Errorf("%s has %d blocks of Go, expected at least %d", page, len(blocks), least)
		}
		for _, b := range blocks {
			if !strings.Contains(flat(goText), flat(b[1])) {
				t.Errorf("%s: not in any file that is compiled:\n%s", page, b[1])
			}
		}
		for _, b := range luaBlock.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(luaText, b[1]) {
				t.Errorf("%s: not in worker/lock:\n%s", page, b[1])
			}
		}
	}
}

func read(t *testing.T, pattern string) (all string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files like %s (%v)", pattern, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	return all
}
