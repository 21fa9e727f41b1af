package telegram

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/posternhq/postern/internal/render"
)

// markdown is a text with entities as CommonMark. Entities that Markdown has no
// mark-up for leave the text as it is, and so do those that overlap or lie
// outside of it.
func markdown(text string, marks []mark) string {
	units := utf16.Encode([]rune(text))
	kept := slices.DeleteFunc(slices.Clone(marks), func(m mark) bool {
		return m.Offset < 0 || m.Length <= 0 || m.Offset+m.Length > len(units) || !hasMarkup(m)
	})
	slices.SortStableFunc(kept, func(a, b mark) int { return cmp.Or(a.Offset-b.Offset, b.Length-a.Length) })
	w := &writer{units: units}
	w.write(kept, 0, len(units))
	return strings.TrimSpace(w.b.String())
}

func hasMarkup(m mark) bool {
	switch m.Type {
	case "bold", "italic", "strikethrough", "code", "pre", "text_link", "text_mention", "blockquote", "expandable_blockquote":
		return true
	default:
		return false
	}
}

// writer writes stretches of a text, each with the marks in it.
type writer struct {
	units []uint16
	b     strings.Builder
}

func (w *writer) write(marks []mark, from, to int) {
	for len(marks) > 0 {
		m := marks[0]
		end := m.Offset + m.Length
		if m.Offset < from || end > to {
			marks = marks[1:] // it overlaps another one
			continue
		}
		w.text(from, m.Offset)
		inner := 1
		for inner < len(marks) && marks[inner].Offset < end {
			inner++
		}
		w.marked(m, marks[1:inner])
		from, marks = end, marks[inner:]
	}
	w.text(from, to)
}

func (w *writer) slice(from, to int) string { return string(utf16.Decode(w.units[from:to])) }

func (w *writer) text(from, to int) {
	if from < to {
		out := w.b.String()
		w.b.WriteString(render.Escape(w.slice(from, to), out == "" || strings.HasSuffix(out, "\n")))
	}
}

// marked writes one stretch with its mark-up. White space at its ends stays
// outside: Markdown closes nothing behind a space.
func (w *writer) marked(m mark, inner []mark) {
	from, to := m.Offset, m.Offset+m.Length
	for from < to && isSpace(w.units[from]) {
		from++
	}
	for to > from && isSpace(w.units[to-1]) {
		to--
	}
	w.text(m.Offset, from)
	if from < to {
		switch m.Type {
		case "code":
			w.b.WriteString(render.CodeSpan(w.slice(from, to)))
		case "pre":
			w.block(render.Fence(w.slice(from, to), m.Language))
		case "blockquote", "expandable_blockquote":
			w.block(w.quoted(inner, from, to))
		default:
			open, end := markup(m)
			w.b.WriteString(open)
			w.write(inner, from, to)
			w.b.WriteString(end)
		}
	}
	w.text(to, m.Offset+m.Length)
}

func isSpace(u uint16) bool { return u == ' ' || u == '\n' || u == '\t' }

func markup(m mark) (open, end string) {
	switch m.Type {
	case "bold":
		return "**", "**"
	case "italic":
		return "*", "*"
	case "strikethrough":
		return "~~", "~~"
	case "text_link":
		return "[", "](" + render.Destination(m.URL) + ")"
	default: // text_mention
		if m.User == nil {
			return "", ""
		}
		return "[", "](mention:" + number(m.User.ID) + ")"
	}
}

// block writes lines that stand apart.
func (w *writer) block(s string) {
	if out := w.b.String(); out != "" && !strings.HasSuffix(out, "\n") {
		w.b.WriteByte('\n')
	}
	w.b.WriteString(s + "\n\n")
}

func (w *writer) quoted(inner []mark, from, to int) string {
	within := &writer{units: w.units}
	within.write(inner, from, to)
	return "> " + strings.ReplaceAll(strings.TrimSpace(within.b.String()), "\n", "\n> ")
}
