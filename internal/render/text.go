package render

import (
	"html"
	"regexp"
	"strings"
)

// Plain makes a source that is no Markdown into one paragraph.
func Plain(source string) []Node {
	if source == "" {
		return nil
	}
	return []Node{{Kind: Paragraph, Children: lines(source)}}
}

// lines is text with its line breaks.
func lines(source string) []Node {
	source = strings.TrimSuffix(strings.ReplaceAll(source, "\r\n", "\n"), "\n")
	var out []Node
	for i, line := range strings.Split(source, "\n") {
		if i > 0 {
			out = append(out, Node{Kind: Break})
		}
		out = addText(out, line)
	}
	return out
}

// addText appends text; what stands next to text is joined to it.
func addText(out []Node, s string) []Node {
	s = strings.ReplaceAll(s, "\n", " ")
	if s == "" {
		return out
	}
	if last := len(out) - 1; last >= 0 && out[last].Kind == Text {
		out[last].Content += s
		return out
	}
	return append(out, Node{Kind: Text, Content: s})
}

// entity is a character reference as CommonMark has it: with its semicolon.
var entity = regexp.MustCompile(`^&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});`)

// unescape resolves backslash escapes and character references.
func unescape(s string) string {
	if !strings.ContainsAny(s, `\&`) {
		return s
	}
	var b strings.Builder
	for s != "" {
		switch {
		case s[0] == '\\' && len(s) > 1 && isPunctuation(s[1]):
			b.WriteByte(s[1])
			s = s[2:]
		case s[0] == '&':
			name := entity.FindString(s)
			if name == "" {
				name = "&"
			}
			b.WriteString(html.UnescapeString(name))
			s = s[len(name):]
		default:
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	return b.String()
}

// isPunctuation reports whether a backslash escapes the byte.
func isPunctuation(b byte) bool {
	return b >= '!' && b <= '/' || b >= ':' && b <= '@' || b >= '[' && b <= '`' || b >= '{' && b <= '~'
}
