package command

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestDocsNameEveryCommandAndFlag holds docs/cli.md to the command line.
func TestDocsNameEveryCommandAndFlag(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(data)
	var line commandLine
	parser, err := newParser(&line, Env{Stdout: io.Discard, Stderr: io.Discard}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Leaves(true) {
		if path := "`postern " + commandPath(command); !strings.Contains(docs, path+"`") && !strings.Contains(docs, path+" ") {
			t.Errorf("docs/cli.md does not name %s`", path)
		}
		for _, flag := range command.Flags {
			if !strings.Contains(docs, "`--"+flag.Name) && flag.Name != "help" {
				t.Errorf("docs/cli.md does not name --%s of %s", flag.Name, commandPath(command))
			}
		}
	}
}

func commandPath(n *kong.Node) string {
	if n.Parent == nil || n.Parent.Type == kong.ApplicationNode {
		return n.Name
	}
	return commandPath(n.Parent) + " " + n.Name
}
