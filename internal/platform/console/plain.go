package console

import (
	"strconv"
	"strings"
	"unicode"
)

// plain makes text from outside safe to print: what would move the cursor,
// change the terminal or hide the order of letters is written out, as \x1b.
// Lines stay lines, indented so that none can pass for one of our own.
func plain(s string) string { return neutral(s, "\n    ") }

// word is plain for what belongs on one line.
func word(s string) string { return neutral(s, " ") }

func neutral(s, newline string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case r == '\n', r == '\u2028', r == '\u2029':
			b.WriteString(newline)
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsGraphic(r), r == '\u200d', r == '\u200c': // joiners make emoji and words, and do nothing else
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}
