package docs

import (
	"fmt"
	"regexp"
	"strings"
)

// Block is one fenced block of a page. What stands behind the language in the
// opening fence says what the test does with it:
//
//	sh                    run it; it must succeed
//	sh fails              run it; it must fail
//	sh terminal until="x" run it in a terminal of its own until the page ends;
//	                      the page goes on when x has been printed
//	sh alone              run it when all terminals have been ended by Ctrl-C
//	<any> unrun="why"     it is not run, and the test says so
//	text                  right behind sh: what that printed, with … for any
//	                      text in a line and, alone in a line, any lines
//	<any> file=name       write it to a file, for a later block to run
//	json envelope         it is an outbound envelope; likewise event, receipt, reply
//	yaml                  it is a postern.yaml, or some sections of one
//	yaml platform         it is what stands in one web chat's section
//	python                it compiles; who runs it is told beside it
//	go, lua, ts           a test beside the code holds it to that code
type Block struct {
	Line     int // of the opening fence, from 1
	Language string
	Text     string

	words  map[string]string // behind the language; a bare word is its own value
	behind *Block            // the block right before, with nothing but blank lines between
}

// Has reports whether a word stands behind the language.
func (b Block) Has(word string) bool { return b.words[word] != "" }

var word = regexp.MustCompile(`(\w+)(?:=("[^"]*"|\S+))?`)

// Blocks reads the fenced blocks of a page. A page that indents code instead
// is refused: nobody would run it.
func Blocks(page string) ([]Block, error) {
	var blocks []Block
	var open *Block
	var last *Block // the block closed with nothing but blank lines since
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case open == nil && isFence:
			open = &Block{Line: i + 1, words: map[string]string{}, behind: last}
			open.Language, fence, _ = strings.Cut(fence, " ")
			for _, m := range word.FindAllStringSubmatch(fence, -1) {
				open.words[m[1]] = strings.Trim(m[2], `"`)
				if m[2] == "" {
					open.words[m[1]] = m[1]
				}
			}
		case open != nil && line == "```":
			blocks = append(blocks, *open)
			last, open = open, nil
		case open != nil:
			open.Text += line + "\n"
		case strings.HasPrefix(line, "    ") && i > 0 && lines[i-1] == "":
			return nil, fmt.Errorf("line %d: indented code, which no test can tell from a list: use a fence", i+1)
		case strings.TrimSpace(line) != "":
			last = nil
		}
	}
	if open != nil {
		return nil, fmt.Errorf("line %d: the fence is never closed", open.Line)
	}
	return blocks, nil
}

// Matches reports whether output is what a text block says was printed.
func Matches(output, want string) bool {
	pattern := "^"
	for _, line := range strings.Split(strings.Trim(want, "\n"), "\n") {
		if strings.TrimSpace(line) == "…" {
			pattern += `(?:.*\n)*?`
			continue
		}
		pattern += strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(line, " ")), "…", ".*") + ` *\n`
	}
	return regexp.MustCompile(pattern + "$").MatchString(strings.Trim(output, "\n") + "\n")
}
