package render

import (
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// The units that platforms count text in.

// Bytes is the length of a text in bytes of UTF-8.
func Bytes(s string) int { return len(s) }

// CodePoints is the length of a text in Unicode code points.
func CodePoints(s string) int { return utf8.RuneCountInString(s) }

// UTF16 is the length of a text in code units of UTF-16: two for whatever lies
// above U+FFFF, as most emoji do.
func UTF16(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// Graphemes is the length of a text in what a reader takes for a letter.
func Graphemes(s string) int { return uniseg.GraphemeClusterCount(s) }
