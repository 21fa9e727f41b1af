package discord

import (
	"regexp"
	"strings"

	"github.com/posternhq/postern/internal/render"
)

// layout is how blocks stand in Discord's own Markdown
// (docs.discord.com/developers/reference#message-formatting).
var layout = render.Layout{
	Bullet: "- ", Indent: "  ", QuoteLine: "> ",
	Heading: func(level int) string { return strings.Repeat("#", min(level, 3)) + " " },
}

// write is a tree as Discord's Markdown.
func write(nodes []render.Node) string {
	return strings.TrimRight(dialect.Write(prepared(layout.Runs(nodes))), " \n")
}

var dialect = render.Dialect{
	Text: func(text string, _ []render.Mark, lineStart bool) string { return escape(text, lineStart) },
	Open: func(m render.Mark) string {
		if m.Kind == render.Link || m.Kind == render.Image {
			return "["
		}
		return around(m.Kind)
	},
	Close: func(m render.Mark) string {
		if m.Kind == render.Link || m.Kind == render.Image {
			return "](" + render.Destination(m.Href) + ")"
		}
		return around(m.Kind)
	},
}

func around(k render.Kind) string {
	switch k {
	case render.Strong:
		return "**"
	case render.Emphasis:
		return "*"
	case render.Strike:
		return "~~"
	default:
		return "" // a quote stands at its lines
	}
}

// prepared writes out the runs whose mark-up depends on their text, as raw
// ones: code, mentions, and links that Discord shows by their address alone.
func prepared(runs []render.Run) []render.Run {
	var out []render.Run
	for i := 0; i < len(runs); {
		link, at := linkOf(runs[i])
		if link != nil {
			end := i + 1
			for end < len(runs) {
				if other, _ := linkOf(runs[end]); other == nil || *other != *link {
					break
				}
				end++
			}
			out = append(out, linked(runs[i:end], link.Href, at)...)
			i = end
			continue
		}
		out = append(out, inline(runs[i]))
		i++
	}
	return out
}

// linkOf is the link that a run is in, and its place among the marks.
func linkOf(r render.Run) (*render.Mark, int) {
	for i := range r.Marks {
		if k := r.Marks[i].Kind; k == render.Link || k == render.Image {
			return &r.Marks[i], i
		}
	}
	return nil, 0
}

// linked is the runs of one link. Discord hides no address behind a label that
// looks like one, and links to the web alone: such a label has its address
// behind it, and one that is the address stands alone.
func linked(runs []render.Run, href string, at int) []render.Run {
	label := ""
	for _, r := range runs {
		label += r.Text
	}
	web := strings.HasPrefix(href, "http://") || strings.HasPrefix(href, "https://")
	bare := label == href || "mailto:"+label == href
	if web && !bare && !strings.Contains(label, "://") && strings.TrimSpace(label) != "" {
		out := make([]render.Run, len(runs))
		for i, r := range runs {
			out[i] = inline(r)
		}
		return out
	}
	var out []render.Run
	for _, r := range runs {
		r.Marks = append(r.Marks[:at:at], r.Marks[at+1:]...)
		if bare {
			r.Raw = web // as it stands, or Discord would link to its escapes
		}
		out = append(out, inline(r))
	}
	if bare {
		return out
	}
	marks := out[len(out)-1].Marks
	return append(out, render.Run{Text: " (", Marks: marks, Raw: true}, render.Run{Text: href, Marks: marks, Raw: true}, render.Run{Text: ")", Marks: marks, Raw: true})
}

// inline writes a run out that is code or a mention.
func inline(r render.Run) render.Run {
	for i, m := range r.Marks {
		switch m.Kind {
		case render.Code:
			return render.Run{Text: render.CodeSpan(r.Text), Marks: without(r.Marks, i), Raw: true}
		case render.CodeBlock:
			block := fence(r.Text, m.Lang)
			if len(r.Marks) > 1 && r.Marks[0].Kind == render.Quote {
				block = strings.ReplaceAll(block, "\n", "\n"+layout.QuoteLine)
			}
			return render.Run{Text: block, Marks: without(r.Marks, i), Raw: true}
		case render.Mention:
			if kind, id := mentionOf(m.ID); kind != "" {
				return render.Run{Text: "<" + kind + id + ">", Marks: without(r.Marks, i), Raw: true}
			}
			r.Marks = without(r.Marks, i)
			return r
		}
	}
	return r
}

func without(marks []render.Mark, i int) []render.Mark {
	return append(marks[:i:i], marks[i+1:]...)
}

// language is what Discord takes for one behind a fence.
var language = regexp.MustCompile(`^[A-Za-z0-9_+.#-]{1,32}$`)

// fence is a block of code. Discord knows fences of three alone, so one in the
// code is broken by a letter that cannot be seen.
func fence(code, lang string) string {
	if !language.MatchString(lang) {
		lang = ""
	}
	code = strings.ReplaceAll(code, "```", "``\u200b`")
	if strings.HasSuffix(code, "`") {
		code += "\u200b"
	}
	return "```" + lang + "\n" + code + "\n```"
}

// address is what Discord makes a link of by itself: escapes in it would become
// a part of it.
var address = regexp.MustCompile(`https?://[^\s<>]*[^\s<>.,:;"'\])]`)

// numbered is what would begin a numbered list.
var numbered = regexp.MustCompile(`^([0-9]+)\.`)

// escape writes a text so that Discord shows it as it stands.
func escape(text string, lineStart bool) string {
	var b strings.Builder
	at := 0
	for _, found := range address.FindAllStringIndex(text, -1) {
		escapeWords(&b, text[at:found[0]], lineStart && at == 0)
		b.WriteString(text[found[0]:found[1]])
		at = found[1]
	}
	escapeWords(&b, text[at:], lineStart && at == 0)
	return b.String()
}

func escapeWords(b *strings.Builder, text string, lineStart bool) {
	for i, line := range strings.SplitAfter(text, "\n") {
		if lineStart || i > 0 {
			switch trimmed := strings.TrimLeft(line, " "); {
			case trimmed == "":
			case strings.IndexByte("#->+", trimmed[0]) >= 0:
				b.WriteString(line[:len(line)-len(trimmed)] + `\`)
				line = trimmed
				b.WriteByte(line[0])
				line = line[1:]
			default:
				if n := numbered.FindStringSubmatch(trimmed); n != nil {
					b.WriteString(line[:len(line)-len(trimmed)] + n[1] + `\.`)
					line = trimmed[len(n[0]):]
				}
			}
		}
		for _, c := range []byte(line) {
			if strings.IndexByte("\\*_~`|<[", c) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		}
	}
}
