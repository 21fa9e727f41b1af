package render

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGrowing(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"":                           "",
		"hello":                      "hello",
		"a **bol":                    "a **bol**",
		"a **bold*":                  "a **bold**",
		"a **bold**":                 "a **bold**",
		"a **":                       "a ",
		"a *it":                      "a *it*",
		"*a **b*":                    "*a **b***",
		"*a **b**":                   "*a **b***",
		"***a":                       "***a***",
		"~~gone":                     "~~gone~~",
		"~~gone~":                    "~~gone~~",
		"use `code":                  "use `code`",
		"use ``a`b":                  "use ``a`b``",
		"use `":                      "use ",
		"`a*b` c":                    "`a*b` c",
		"snake_case":                 "snake_case",
		"2 * 3 = 6":                  "2 * 3 = 6",
		`\*a`:                        `\*a`,
		"[label](https://x.exa":      "label",
		"![pic](https://x.exa":       "pic",
		"**[label](https://x.exa":    "**label**",
		"[label](https://x.example)": "[label](https://x.example)",
		"**a\n\nb":                   "**a\n\nb",
		"a\n\n**b":                   "a\n\n**b**",
		"text\n-":                    "text",
		"text\n==":                   "text",
		"|a|b|\n|-":                  "|a|b|",
		"|a|b|\n|-|-|":               "|a|b|",
		"|a|b|\n|--|--|\n|1":         "|a|b|\n|--|--|\n|1",
		"```go\nx := *p":             "```go\nx := *p",
		"```\n**\n```\n\n**a":        "```\n**\n```\n\n**a**",
		"```\n\n**a":                 "```\n\n**a",
		"a **b ":                     "a **b**",
		"- **a":                      "- **a**",
	} {
		if got := Growing(source); got != want {
			t.Errorf("%q\n got %q\nwant %q", source, got, want)
		}
	}
}

// TestGrowingIsStable: what was mended needs no mending, and every beginning
// of an answer keeps the letters that it has.
func TestGrowingIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"a", "bé", " ", "*", "**", "_", "~~", "`", "``", "\n", "\n\n", "- ", "\\", "# ", "> ",
		}), 0, 30).Draw(t, "pieces"), "")
		once := Growing(source)
		letters := func(s string) string { return strings.Map(lettersOnly, s) }
		if letters(once) != letters(source) {
			t.Fatalf("%q became %q", source, once)
		}
		if len(once) > 2*len(source)+2 {
			t.Fatalf("%q became %q", source, once)
		}
	})
}

func lettersOnly(r rune) rune {
	if r == 'a' || r == 'b' || r == 'é' {
		return r
	}
	return -1
}
