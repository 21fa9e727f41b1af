package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const ours = "github.com/posternhq/postern"

// row is a room of the architecture's table: its folder, and what it imports.
var row = regexp.MustCompile("(?m)^\\| `([a-z]+/[a-z/]*)`[^|]*\\|[^|]*\\| ?([^|]*?) ?\\|$")

// TestHouse: each room imports what docs/architecture.md says, and no room
// lacks a word there.
func TestHouse(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	imports := importsOfOurs(t)
	rows := row.FindAllStringSubmatch(string(page), -1)
	for _, r := range rows {
		room, says := r[1], strings.FieldsFunc(r[2], func(c rune) bool { return c == ',' || c == ' ' })
		if room == "cmd/postern/" {
			continue // it names the adapters together
		}
		var does []string
		for pkg, imported := range imports {
			if strings.HasPrefix(pkg+"/", room) {
				does = append(does, imported...)
			}
		}
		does = slices.DeleteFunc(does, func(pkg string) bool {
			return strings.HasPrefix(pkg+"/", room) || pkg == "envelope" || pkg == "platform"
		})
		for i, pkg := range does {
			does[i] = filepath.Base(pkg)
		}
		slices.Sort(does)
		slices.Sort(says)
		if does = slices.Compact(does); !slices.Equal(does, says) {
			t.Errorf("%s imports %q; docs/architecture.md says %q", room, does, says)
		}
	}
	for pkg := range imports {
		named := strings.Contains(string(page), "`"+pkg+"`") || slices.ContainsFunc(rows, func(r []string) bool {
			return strings.HasPrefix(pkg+"/", r[1])
		})
		if !named && pkg != "" && !strings.HasPrefix(pkg, "test") && !strings.HasPrefix(pkg, "tools") {
			t.Errorf("docs/architecture.md has no word on %s", pkg)
		}
	}
}

// importsOfOurs are the packages of this module and what they import of it, by
// their folders.
func importsOfOurs(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, ours+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		folder := strings.TrimPrefix(strings.TrimPrefix(words[0], ours), "/")
		imports[folder] = []string{}
		for _, path := range words[1:] {
			if of, ok := strings.CutPrefix(path, ours+"/"); ok {
				imports[folder] = append(imports[folder], of)
			}
		}
	}
	return imports
}
