package slack

import (
	"regexp"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/internal/render"
)

// Text goes out as rich_text blocks: a tree of texts with styles, where Slack's
// other forms are mark-up. mrkdwn has no way to write a *, a _ or a ` that is
// none, and the markdown block reads `<!channel>` and decides itself what it
// makes of a text. In a rich_text nothing can break out, and who is pinged is an
// element of its own (docs.slack.dev/reference/block-kit/blocks/rich-text-block).

// element is one of a rich_text: a container (rich_text_section, _list, _quote,
// _preformatted) or what is in one. Its style is a textStyle, or of a list its
// kind.
type element struct {
	Type     string    `json:"type"`
	Elements []element `json:"elements,omitempty"`
	Indent   int       `json:"indent,omitempty"`
	Offset   int       `json:"offset,omitempty"`
	Border   int       `json:"border,omitempty"`
	Text     string    `json:"text,omitempty"`
	URL      string    `json:"url,omitempty"`
	User     string    `json:"user_id,omitempty"`
	Group    string    `json:"usergroup_id,omitempty"`
	Channel  string    `json:"channel_id,omitempty"`
	Range    string    `json:"range,omitempty"`
	Style    any       `json:"style,omitempty"`
}

type textStyle struct {
	Bold   bool `json:"bold,omitempty"`
	Italic bool `json:"italic,omitempty"`
	Strike bool `json:"strike,omitempty"`
	Code   bool `json:"code,omitempty"`
}

// styled is a text as its elements, and as the line that notifications and
// screen readers show, escaped.
type styled struct {
	elements []element
	plain    string
}

// fits: both forms are within Slack's limits.
func (s styled) fits(blocks int) bool {
	if render.CodePoints(s.plain) > maxText {
		return false
	}
	text, err := plainJSON(s.elements)
	return err == nil && render.CodePoints(string(text)) <= blocks
}

// block is the rich_text block of a text.
func (s styled) block() params { return params{"type": "rich_text", "elements": s.elements} }

// split renders an envelope's text in parts whose blocks have at most so many
// code points.
func split(e *envelope.Outbound, blocks int) ([]styled, error) {
	return planning.Split(e, planning.Parse(e.Text, e.Format), planning.Dialect[styled]{
		Write: func(n []render.Node) styled { return style(n, e.Mentions) }, Most: maxText,
		Fits:  func(s styled) bool { return s.fits(blocks) },
		Shows: func(s styled) bool { return len(s.elements) > 0 },
	})
}

// escape writes a text so that Slack's mark-up reads it as it stands, as far as
// it can be written (docs.slack.dev/messaging/formatting-message-text).
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// style lays a tree out and turns it into elements: lists that Slack has a form
// for into that, all else into runs.
func style(nodes []render.Node, mentions string) styled {
	var s styled
	from := 0
	for i := range nodes {
		if list, ok := listOf(&nodes[i], 0, mentions); ok {
			s.runs(nodes[from:i], mentions)
			s.elements = append(s.elements, list...)
			from = i + 1
		}
	}
	s.runs(nodes[from:], mentions)
	s.trim()
	var plain strings.Builder
	for _, r := range (render.Layout{}).Runs(nodes) {
		plain.WriteString(r.Text)
	}
	s.plain = escape.Replace(strings.TrimSpace(plain.String()))
	return s
}

// runs appends what nodes are as runs.
func (s *styled) runs(nodes []render.Node, mentions string) {
	var open element // the container under way
	for _, r := range (render.Layout{}).Runs(nodes) {
		kind, border := containerOf(r.Marks)
		if kind != open.Type || border != open.Border {
			s.close(open)
			open = element{Type: kind, Border: border}
		}
		open.Elements = joined(open.Elements, elementOf(r, mentions))
	}
	s.close(open)
}

// containerOf is the container that a run with these marks stands in.
func containerOf(marks []render.Mark) (kind string, border int) {
	kind = "rich_text_section"
	for _, m := range marks {
		switch {
		case m.Kind == render.CodeBlock:
			if kind == "rich_text_quote" {
				return "rich_text_preformatted", 1
			}
			return "rich_text_preformatted", 0
		case m.Kind == render.Quote:
			kind = "rich_text_quote"
		}
	}
	return kind, 0
}

// elementOf is a run: a text, a link or somebody, with its style.
func elementOf(r render.Run, mentions string) element {
	e := element{Type: "text", Text: r.Text}
	var look textStyle
	for _, m := range r.Marks {
		switch m.Kind {
		case render.Strong:
			look.Bold = true
		case render.Emphasis:
			look.Italic = true
		case render.Strike:
			look.Strike = true
		case render.Code:
			look.Code = true
		case render.Link, render.Image:
			e.Type, e.URL = "link", m.Href
		case render.Mention:
			e = mentionOf(m.ID, r.Text, mentions)
		}
	}
	if look != (textStyle{}) {
		e.Style = look
	}
	return e
}

var (
	userForm  = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	groupForm = regexp.MustCompile(`^S[A-Z0-9]{2,}$`)
	placeForm = regexp.MustCompile(`^[CDG][A-Z0-9]{2,}$`)
)

// mentionOf is somebody who is mentioned. Whoever is not to be pinged is a name;
// all who are in a channel are pinged only where everybody is to be. To name a
// channel pings nobody.
func mentionOf(id, name, mentions string) element {
	listed := mentions == planning.MentionsListed || mentions == planning.MentionsAll
	switch {
	case placeForm.MatchString(id):
		return element{Type: "channel", Channel: id}
	case listed && userForm.MatchString(id):
		return element{Type: "user", User: id}
	case listed && groupForm.MatchString(id):
		return element{Type: "usergroup", Group: id}
	case mentions == planning.MentionsAll && (id == "here" || id == "channel" || id == "everyone"):
		return element{Type: "broadcast", Range: id}
	}
	return element{Type: "text", Text: name}
}

// joined appends an element; a text next to one of the same style becomes one
// with it.
func joined(all []element, e element) []element {
	if e.Type == "text" && len(all) > 0 {
		last := &all[len(all)-1]
		if last.Type == "text" && last.Style == e.Style {
			last.Text += e.Text
			return all
		}
	}
	return append(all, e)
}

// close ends a container. Slack sets containers apart by itself, so line breaks
// at their seams would be empty lines.
func (s *styled) close(c element) {
	c.Elements = withoutBreaks(c.Elements, len(s.elements) > 0)
	if len(c.Elements) > 0 {
		s.elements = append(s.elements, c)
	}
}

// trim drops the line breaks at the end of every container but a last one of
// code.
func (s *styled) trim() {
	var kept []element
	for _, c := range s.elements {
		for len(c.Elements) > 0 {
			last := &c.Elements[len(c.Elements)-1]
			if last.Type != "text" || !strings.HasSuffix(last.Text, "\n") {
				break
			}
			if last.Text = strings.TrimRight(last.Text, "\n"); last.Text != "" {
				break
			}
			c.Elements = c.Elements[:len(c.Elements)-1]
		}
		if len(c.Elements) > 0 {
			kept = append(kept, c)
		}
	}
	s.elements = kept
}

// withoutBreaks drops the line breaks that a container begins with, if another
// one stands before it.
func withoutBreaks(all []element, behind bool) []element {
	for behind && len(all) > 0 && all[0].Type == "text" && strings.HasPrefix(all[0].Text, "\n") {
		all[0].Text = strings.TrimLeft(all[0].Text, "\n")
		if all[0].Text != "" {
			break
		}
		all = all[1:]
	}
	return all
}
