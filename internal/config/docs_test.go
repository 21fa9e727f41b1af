package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/config.md")

const (
	docs       = "../../docs/config.md"
	tableStart = "<!-- keys: made by go test ./internal/config -update -->\n"
	tableEnd   = "<!-- /keys -->"
)

func TestDocsListEveryKey(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), tableStart)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table of keys", docs)
	}
	want := before + tableStart + table(Keys()) + tableEnd + after
	if string(data) == want {
		return
	}
	if !*update {
		t.Fatalf("%s does not list the keys as the code has them; run go test ./internal/config -update", docs)
	}
	if err := os.WriteFile(docs, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDocsExampleIsAConfig(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatalf("%s has no example", docs)
	}
	c, warnings, err := Parse("docs.yaml", []byte(example), []string{"OPS_SECRET=a", "HOOK_SECRET=b"}, testKinds())
	if err != nil || len(warnings) != 0 {
		t.Fatalf("the example: %v, warnings %v", err, warnings)
	}
	if len(c.Platforms) != 2 {
		t.Errorf("the example has %d platforms", len(c.Platforms))
	}
}

func table(keys []Key) string {
	var b strings.Builder
	b.WriteString("| key | type | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, k := range keys {
		def := ""
		switch {
		case k.Required && strings.HasSuffix(k.Path, "_env"), k.Required && strings.HasSuffix(k.Path, "_file"):
			def = "one of the forms"
		case k.Required:
			def = "required"
		case k.Default != "":
			def = "`" + k.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Path, k.Type, def, strings.ReplaceAll(k.Help, "<", "&lt;"))
	}
	return b.String()
}
