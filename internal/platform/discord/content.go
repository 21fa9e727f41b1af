package discord

import (
	"regexp"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
)

// code is what Discord shows as it stands: a block behind three backticks, or a
// span. Everything else in a text may be mark-up.
var code = regexp.MustCompile("(?s)```(?:([A-Za-z0-9_+.#-]*)\n)?(.*?)```|(``[^\n]*?``|`[^`\n]+`)")

// markdown is what somebody wrote on Discord as CommonMark: bold, italics,
// strike-through, lists, headings and links are the same there. A line is a
// line; mentions bear names; underlines and spoilers, which Markdown has no
// mark-up for, leave their text.
func markdown(content string, names map[string]string) string {
	var b strings.Builder
	at := 0
	for _, found := range code.FindAllStringSubmatchIndex(content, -1) {
		b.WriteString(prose(content[at:found[0]], names))
		at = found[1]
		switch {
		case found[6] >= 0:
			b.WriteString(content[found[6]:found[7]])
		case strings.Contains(content[found[4]:found[5]], "\n") || found[2] >= 0:
			lang := ""
			if found[2] >= 0 {
				lang = content[found[2]:found[3]]
			}
			ownLine(&b)
			b.WriteString(render.Fence(strings.Trim(content[found[4]:found[5]], "\n"), lang) + "\n")
		case found[4] < found[5]:
			b.WriteString(render.CodeSpan(content[found[4]:found[5]]))
		default:
			b.WriteString(content[found[0]:found[1]])
		}
	}
	b.WriteString(prose(content[at:], names))
	return strings.TrimSpace(b.String())
}

func ownLine(b *strings.Builder) {
	if s := b.String(); s != "" && !strings.HasSuffix(s, "\n") {
		b.WriteByte('\n')
	}
}

// mark is what Discord has for people, places, emoji and times.
var mark = regexp.MustCompile(`<(@!?|@&|#)([0-9]{1,20})>|<a?(:[A-Za-z0-9_~]{2,32}:)[0-9]{1,20}>|<t:(-?[0-9]{1,13})(?::[a-zA-Z])?>|<(https?://[^>\s]+)>`)

var underline = regexp.MustCompile(`__([^_\n]+?)__`)

// prose is a stretch without code.
func prose(s string, names map[string]string) string {
	var b strings.Builder
	at := 0
	for _, m := range mark.FindAllStringSubmatchIndex(s, -1) {
		b.WriteString(withoutTags(s[at:m[0]]))
		at = m[1]
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return s[m[2*i]:m[2*i+1]]
		}
		switch {
		case group(1) == "@&":
			b.WriteString("[@" + nameFor(names, "&"+group(2), "role") + "](mention:&" + group(2) + ")")
		case group(1) == "#":
			b.WriteString("[#" + nameFor(names, "#"+group(2), "channel") + "](mention:#" + group(2) + ")")
		case group(1) != "":
			b.WriteString("[@" + nameFor(names, group(2), "somebody") + "](mention:" + group(2) + ")")
		case group(3) != "":
			b.WriteString(group(3))
		case group(4) != "":
			b.WriteString(instant(group(4)))
		default:
			b.WriteString("<" + group(5) + ">")
		}
	}
	b.WriteString(withoutTags(s[at:]))
	return lines(underline.ReplaceAllString(strings.ReplaceAll(b.String(), "||", ""), "$1"))
}

func nameFor(names map[string]string, id, otherwise string) string {
	if name := names[id]; name != "" {
		return render.Escape(name, false)
	}
	return otherwise
}

func instant(unix string) string {
	n := int64(0)
	for _, c := range strings.TrimPrefix(unix, "-") {
		n = 10*n + int64(c-'0')
	}
	if strings.HasPrefix(unix, "-") {
		n = -n
	}
	return time.Unix(n, 0).UTC().Format("2006-01-02 15:04 UTC")
}

// withoutTags keeps Markdown from reading HTML, or an entity, where there is
// none.
func withoutTags(s string) string {
	return strings.NewReplacer("<", `\<`, "&", `\&`).Replace(s)
}

// underlined is a line that would make the one before it a heading.
var underlined = regexp.MustCompile(`^ {0,3}(-+|=+)[ \t]*$`)

// lines keeps each line one: two spaces at its end, and a quote that ends where
// its line does.
func lines(s string) string {
	all := strings.Split(s, "\n")
	quoted := false // by >>>, to the end
	for i, line := range all {
		switch {
		case quoted:
			line = "> " + line
		case strings.HasPrefix(line, ">>> "):
			quoted = true
			line = "> " + line[len(">>> "):]
		case strings.HasPrefix(line, "-# "):
			line = line[len("-# "):]
		case underlined.MatchString(line) && i > 0:
			line = `\` + strings.TrimLeft(line, " ")
		}
		if i > 0 && strings.HasPrefix(all[i-1], "> ") && !strings.HasPrefix(line, ">") && strings.TrimSpace(line) != "" {
			line = "\n" + line
		}
		if i+1 < len(all) && strings.TrimSpace(line) != "" && strings.TrimSpace(all[i+1]) != "" {
			line = strings.TrimRight(line, " ") + "  "
		}
		all[i] = line
	}
	return strings.Join(all, "\n")
}

// namesIn are the names of those whom a message mentions.
func namesIn(m *message) map[string]string {
	names := map[string]string{}
	for i := range m.Mentions {
		names[m.Mentions[i].ID] = m.Mentions[i].shown()
	}
	return names
}

// shown is a mentioned person's name in that place.
func (m *mentioned) shown() string {
	if m.Member != nil && m.Member.Nick != "" {
		return m.Member.Nick
	}
	return m.name()
}

func mentionsIn(m *message) []envelope.Mention {
	var out []envelope.Mention
	for i := range m.Mentions {
		out = append(out, envelope.Mention{ID: m.Mentions[i].ID, Name: m.Mentions[i].shown()})
	}
	return out
}
