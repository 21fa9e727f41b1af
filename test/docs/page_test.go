package docs

import (
	"strings"
	"testing"
)

func TestBlocks(t *testing.T) {
	t.Parallel()
	blocks, err := Blocks(strings.ReplaceAll(`# A page

'''sh terminal until="it is ready"
postern serve
'''

'''text
ready
'''
Something between.
'''text
a picture
'''
'''python file=echo.py
pass
'''
`, "'''", "```"))
	if err != nil {
		t.Fatal(err)
	}
	if len(blocks) != 4 {
		t.Fatalf("%d blocks", len(blocks))
	}
	serve, output, picture, file := blocks[0], blocks[1], blocks[2], blocks[3]
	if serve.Language != "sh" || !serve.Has("terminal") || serve.words["until"] != "it is ready" || serve.Line != 3 || serve.Text != "postern serve\n" {
		t.Errorf("the first block is %+v", serve)
	}
	if output.behind == nil || output.behind.Line != 3 {
		t.Errorf("the output does not stand behind its command: %+v", output)
	}
	if picture.behind != nil {
		t.Errorf("a picture stands behind %+v", picture.behind)
	}
	if file.words["file"] != "echo.py" {
		t.Errorf("the file is %+v", file.words)
	}
}

func TestBlocksRefuses(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"indented code":   "Text:\n\n    make test\n",
		"an open fence":   "```sh\nmake test\n",
		"a nested indent": "- a list\n\n    code in it\n",
	} {
		if blocks, err := Blocks(page); err == nil {
			t.Errorf("%s is read as %+v", name, blocks)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		output, want string
		is           bool
	}{
		{"a\nb\n", "a\nb", true},
		{"a\nb\n", "a", false},
		{"id 17-0\n", "id …", true},
		{"x id 17-0\n", "id …", false},
		{"a\n1\n2\nb\n", "a\n…\nb", true},
		{"a\nb\n", "a\n…\nb", true},
		{"a\n1\nc\n", "a\n…\nb", false},
		{"(1)\n", "(1)", true},
	} {
		if got := Matches(c.output, c.want); got != c.is {
			t.Errorf("Matches(%q, %q) is %v", c.output, c.want, got)
		}
	}
}
