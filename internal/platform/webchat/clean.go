package webchat

import (
	"strings"
	"unicode"
)

// cleanText takes out of a visitor's text what no reader can see and what
// turns the order of letters against the reader: control characters, and the
// overrides and embeddings of bidirectional text. Its isolates stay; they end
// with their paragraph.
func cleanText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r == '\ufeff', r >= '\U000e0000' && r <= '\U000e001f':
			return -1
		}
		return r
	}, s)
}

// cleanName is a display name or a file's, on one line: of it stays what can
// be seen. Joiners stay, since emoji and words need them.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u034f':
			return -1 // letters by name, that show nothing
		case r == '\u200d', r == '\u200c', unicode.IsGraphic(r):
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
	return strings.Trim(strings.Join(strings.Fields(s), " "), " \u200c\u200d")
}

// clip cuts a text to so many characters, the last one an ellipsis if it was
// cut.
func clip(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}

// validEmoji reports whether a reaction is an emoji, as far as one can tell
// without a table of them: symbols, no letters, no white space.
func validEmoji(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	symbol := false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.IsSpace(r), r == unicode.ReplacementChar:
			return false
		case unicode.IsControl(r), r == '<', r == '>', r == '&', r == '"', r == '\'':
			return false
		case r > unicode.MaxASCII:
			symbol = true
		}
	}
	return symbol
}

// likeBot reports whether a name reads as the bot's.
func likeBot(name, bot string) bool {
	bare := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	return bare(name) == bare(bot) || strings.EqualFold(name, bot)
}
