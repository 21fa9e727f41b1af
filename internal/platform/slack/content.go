package slack

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
)

// naming tells the name of a user, a channel or a group by its id, "" if it is
// not known.
type naming func(id string) string

// reader writes what was received as CommonMark, and notes who is mentioned.
type reader struct {
	named    naming
	mentions []envelope.Mention
}

// contentOf is a message's text as CommonMark. What people write comes as
// rich_text; of a bot's message the blocks with a text are read, or its text.
func contentOf(m *message, named naming) (string, []envelope.Mention) {
	r := &reader{named: named}
	var parts []string
	for i := range m.Blocks {
		if text := r.block(&m.Blocks[i]); text != "" {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 && m.Text != "" {
		parts = append(parts, r.mrkdwn(m.Text))
	}
	return strings.TrimSpace(strings.Join(parts, "\n\n")), r.mentions
}

func (r *reader) block(b *block) string {
	switch {
	case b.Type == "rich_text":
		return r.rich(b.Elements)
	case b.Type == "markdown":
		return b.Text.Text
	case b.Text.Text == "":
		return ""
	case b.Text.Type == "mrkdwn":
		return r.mrkdwn(b.Text.Text)
	default:
		return render.Escape(b.Text.Text, true)
	}
}

// rich writes the containers of a rich_text. A list that follows a list, as a
// nested one does, goes on with its lines.
func (r *reader) rich(containers []piece) string {
	var b strings.Builder
	for i, c := range containers {
		if i > 0 {
			nested := c.Type == "rich_text_list" && containers[i-1].Type == c.Type
			b.WriteString(map[bool]string{true: "\n", false: "\n\n"}[nested])
		}
		switch c.Type {
		case "rich_text_preformatted":
			b.WriteString(render.Fence(strings.TrimSuffix(plainOf(c.Elements), "\n"), ""))
		case "rich_text_quote":
			b.WriteString("> " + strings.ReplaceAll(r.inline(c.Elements), "\n", "\n> "))
		case "rich_text_list":
			b.WriteString(r.list(c))
		default:
			b.WriteString(strings.Trim(r.inline(c.Elements), "\n"))
		}
	}
	return b.String()
}

// list writes a list's items, a line each; what is nested stands four columns
// further in, below the text of whatever bears it.
func (r *reader) list(c piece) string {
	var kind string
	_ = json.Unmarshal(c.Style, &kind)
	indent := strings.Repeat("    ", min(max(c.Indent, 0), 8))
	var lines []string
	for i, item := range c.Elements {
		mark := "- "
		if kind == "ordered" {
			mark = strconv.Itoa(max(c.Offset, 0)+i+1) + ". "
		}
		text := strings.Trim(r.inline(item.Elements), "\n")
		lines = append(lines, indent+mark+strings.ReplaceAll(text, "\n", "\n"+indent+strings.Repeat(" ", len(mark))))
	}
	return strings.Join(lines, "\n")
}

// plainOf is the text of elements, for what has no mark-up.
func plainOf(all []piece) string {
	var b strings.Builder
	for _, p := range all {
		switch {
		case p.Type == "link" && p.Text == "":
			b.WriteString(p.URL)
		case p.Type == "emoji":
			b.WriteString(emojiChar(p.Name))
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// inline writes texts, links and mentions with their styles.
func (r *reader) inline(all []piece) string {
	var runs []render.Run
	for _, p := range all {
		runs = append(runs, r.runs(p)...)
	}
	return markup.Write(runs)
}

// runs are an element with its marks. White space at its ends stays outside of
// them: Markdown closes nothing behind a space.
func (r *reader) runs(p piece) []render.Run {
	text, marks := p.Text, marksOf(p.Style)
	switch p.Type {
	case "link":
		if text == "" {
			text = p.URL
		}
		marks = append([]render.Mark{{Kind: render.Link, Href: p.URL}}, marks...)
	case "user":
		return r.mention(p.User, "@", marks)
	case "usergroup":
		return r.mention(p.Group, "@", marks)
	case "channel":
		return r.mention(p.Channel, "#", marks)
	case "broadcast":
		return r.mention(p.Range, "@", marks)
	case "emoji":
		name := p.Name
		if p.SkinTone > 1 {
			name += "::" + toneName + strconv.Itoa(p.SkinTone)
		}
		text = emojiChar(name)
	case "date":
		text = p.Fallback
	}
	return outside(text, marks)
}

// outside is a text under marks, the white space at its ends without them.
func outside(text string, marks []render.Mark) []render.Run {
	core := strings.Trim(text, " \n\t")
	if core == "" || len(marks) == 0 {
		return []render.Run{{Text: text}}
	}
	before, after, _ := strings.Cut(text, core)
	return []render.Run{{Text: before}, {Text: core, Marks: marks}, {Text: after}}
}

// mention is somebody, or a place, by name; people are noted.
func (r *reader) mention(id, sign string, marks []render.Mark) []render.Run {
	name := r.named(id)
	if sign == "@" && (userForm.MatchString(id) || groupForm.MatchString(id)) {
		r.mentions = append(r.mentions, envelope.Mention{ID: id, Name: name})
	}
	if name == "" {
		name = id
	}
	return []render.Run{{Text: name, Marks: append([]render.Mark{{Kind: render.Mention, ID: id}}, marks...)}}
}

// marksOf are the marks of a style, always in the same order, so that what
// stands side by side shares those that it can.
func marksOf(style json.RawMessage) []render.Mark {
	var look textStyle
	if json.Unmarshal(style, &look) != nil {
		return nil
	}
	var marks []render.Mark
	for _, m := range []struct {
		on   bool
		kind render.Kind
	}{{look.Bold, render.Strong}, {look.Strike, render.Strike}, {look.Italic, render.Emphasis}, {look.Code, render.Code}} {
		if m.on {
			marks = append(marks, render.Mark{Kind: m.kind})
		}
	}
	return marks
}

// markup is CommonMark. Code is written with its text, whose backticks count.
var markup = render.Dialect{
	Text: func(text string, marks []render.Mark, lineStart bool) string {
		if len(marks) > 0 && marks[len(marks)-1].Kind == render.Code {
			return render.CodeSpan(text)
		}
		return render.Escape(text, lineStart)
	},
	Open: func(m render.Mark) string {
		switch m.Kind {
		case render.Link, render.Mention:
			return "["
		default:
			return signOf(m.Kind)
		}
	},
	Close: func(m render.Mark) string {
		switch m.Kind {
		case render.Link:
			return "](" + render.Destination(m.Href) + ")"
		case render.Mention:
			return "](mention:" + m.ID + ")"
		default:
			return signOf(m.Kind)
		}
	},
}

func signOf(k render.Kind) string {
	switch k {
	case render.Strong:
		return "**"
	case render.Emphasis:
		return "*"
	case render.Strike:
		return "~~"
	default:
		return ""
	}
}
