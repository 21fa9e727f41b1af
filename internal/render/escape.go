package render

import "strings"

// Escape writes a text so that Markdown reads it as it stands: for events,
// whose content is CommonMark. lineStart: it begins a line.
func Escape(text string, lineStart bool) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case strings.IndexByte("\\`*_[]<>&~|", c) >= 0:
			b.WriteByte('\\')
		case lineStart && strings.IndexByte("#+-=:", c) >= 0:
			b.WriteByte('\\')
		case lineStart && c >= '0' && c <= '9':
			n := len(text[i:]) - len(strings.TrimLeft(text[i:], "0123456789"))
			b.WriteString(text[i : i+n])
			if i += n; i < len(text) && (text[i] == '.' || text[i] == ')') {
				b.WriteByte('\\')
			}
			i--
			if i+1 < len(text) && (text[i+1] == '.' || text[i+1] == ')') {
				i++
				b.WriteByte(text[i])
			}
			lineStart = false
			continue
		case c == '\n':
			// A line of a chat is a line: two spaces before its end keep it one.
			if !strings.HasPrefix(text[i+1:], "\n") && !lineStart {
				b.WriteString("  ")
			}
			b.WriteByte('\n')
			lineStart = true
			continue
		case lineStart && (c == ' ' || c == '\t'):
			continue // four of them would begin a code block
		}
		b.WriteByte(c)
		lineStart = false
	}
	return b.String()
}

// CodeSpan writes a text as code in a line, behind as many backticks as it
// takes.
func CodeSpan(text string) string {
	mark := strings.Repeat("`", longestRun(text, '`')+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return mark + text + mark
}

// Fence writes a text as a block of code.
func Fence(text, lang string) string {
	mark := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	lang = strings.Map(func(r rune) rune {
		if r <= ' ' || r == '`' {
			return -1
		}
		return r
	}, lang)
	return mark + lang + "\n" + strings.TrimSuffix(text, "\n") + "\n" + mark
}

// Destination writes an address so that it ends a link where it ends.
func Destination(address string) string {
	return strings.NewReplacer(" ", "%20", "\n", "", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "\\", "%5C").Replace(address)
}

func longestRun(s string, b byte) int {
	most, run := 0, 0
	for i := range len(s) {
		if s[i] == b {
			run++
			most = max(most, run)
		} else {
			run = 0
		}
	}
	return most
}
