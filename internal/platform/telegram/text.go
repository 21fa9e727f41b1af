package telegram

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/internal/render"
)

// entity marks a stretch of a text; offsets and lengths are UTF-16 units. With
// entities nothing in a text has to be escaped, and nothing can break out.
type entity struct {
	Type     string  `json:"type"`
	Offset   int     `json:"offset"`
	Length   int     `json:"length"`
	URL      string  `json:"url,omitempty"`
	Language string  `json:"language,omitempty"`
	User     *person `json:"user,omitempty"`
}

// person is a user who is mentioned.
type person struct {
	ID int64 `json:"id"`
}

// styled is a text with its entities.
type styled struct {
	text     string
	entities []entity
}

func (s styled) fits(most int) bool {
	return render.UTF16(s.text) <= most && len(s.entities) <= maxEntities
}

// split renders an envelope's text in parts of at most so many UTF-16 units.
func split(e *envelope.Outbound, most int) ([]styled, error) {
	return planning.Split(e, planning.Parse(e.Text, e.Format), planning.Dialect[styled]{
		Write: func(n []render.Node) styled { return style(n, e.Mentions) }, Most: most,
		Fits:  func(s styled) bool { return s.fits(most) },
		Shows: func(s styled) bool { return strings.TrimSpace(s.text) != "" },
	})
}

// joiner cannot be seen, and keeps a name from being one.
const joiner = "\u2060"

// broken is a text in which no @name is one. Telegram takes for one whatever
// follows no letter, digit or _, over the ends of marks too, but in code and in
// an address (match_mentions and get_type_priority in
// github.com/tdlib/td/blob/master/td/telegram/MessageEntity.cpp). before and
// after are what stands around the text.
func broken(before, text, after string, inCode bool) string {
	if !strings.Contains(text, "@") {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		b.WriteByte(text[i])
		rest := text[i+1:]
		if text[i] != '@' || inCode && rest != "" {
			continue
		}
		if rest == "" {
			rest = after
		}
		prev := text[max(0, i-longestHost):i]
		if i < longestHost {
			prev = before[max(0, len(before)-longestHost):] + prev
		}
		if isLetter(rest) && !inWord(prev) && !address.MatchString(prev) {
			b.WriteString(joiner)
		}
	}
	return b.String()
}

// address is what a name in an address follows, as in medium.com/@ann.
var address = regexp.MustCompile(`(?i)[a-z0-9]\.[a-z]{2,24}(:[0-9]+)?(/\S*)?/$`)

const longestHost = 256 // bytes looked back over for it

func isLetter(s string) bool {
	return s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
}

// inWord reports whether what follows a text would go on with a word.
func inWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r)
}

// style lays a tree out and turns its marks into entities.
func style(nodes []render.Node, mentions string) styled {
	var s styled
	var out strings.Builder
	var open []entity
	at := 0
	runs := render.Layout{}.Runs(nodes)
	var marks []render.Mark
	for i, r := range runs {
		same := 0
		for same < len(marks) && same < len(r.Marks) && marks[same] == r.Marks[same] {
			same++
		}
		for n := len(marks) - 1; n >= same; n-- {
			s.close(open[n], at)
		}
		open = open[:same]
		for _, m := range r.Marks[same:] {
			e := entityOf(m, mentions)
			e.Offset = at
			open = append(open, e)
		}
		marks = r.Marks
		text := r.Text
		if mentions != planning.MentionsAll && !r.Raw {
			after := ""
			if i+1 < len(runs) {
				after = runs[i+1].Text
			}
			text = broken(out.String(), text, after, isCodeMark(marks))
		}
		out.WriteString(text)
		at += render.UTF16(text)
	}
	for i := len(open) - 1; i >= 0; i-- {
		s.close(open[i], at)
	}
	s.text = out.String()
	s.entities = withoutMarksInCode(s.entities)
	slices.SortStableFunc(s.entities, func(a, b entity) int {
		return cmp.Or(a.Offset-b.Offset, b.Length-a.Length)
	})
	return s
}

func isCodeMark(marks []render.Mark) bool {
	return slices.ContainsFunc(marks, func(m render.Mark) bool { return m.Kind == render.Code || m.Kind == render.CodeBlock })
}

func (s *styled) close(e entity, at int) {
	if e.Length = at - e.Offset; e.Length > 0 && e.Type != "" {
		s.entities = append(s.entities, e)
	}
}

// entityOf is a mark's entity; one without a type is none.
func entityOf(m render.Mark, mentions string) entity {
	switch m.Kind {
	case render.Strong:
		return entity{Type: "bold"}
	case render.Emphasis:
		return entity{Type: "italic"}
	case render.Strike:
		return entity{Type: "strikethrough"}
	case render.Code:
		return entity{Type: "code"}
	case render.CodeBlock:
		return entity{Type: "pre", Language: m.Lang}
	case render.Quote:
		return entity{Type: "blockquote"}
	case render.Link, render.Image:
		return entity{Type: "text_link", URL: m.Href}
	case render.Mention:
		id, err := strconv.ParseInt(m.ID, 10, 64)
		if err == nil && (mentions == planning.MentionsListed || mentions == planning.MentionsAll) {
			return entity{Type: "text_mention", User: &person{id}}
		}
	}
	return entity{}
}

// withoutMarksInCode leaves out what Telegram does not take: marks on code, and
// a quote in a quote.
func withoutMarksInCode(all []entity) []entity {
	var out []entity
	for _, e := range all {
		taken := true
		for _, other := range all {
			inside := other.Offset <= e.Offset && e.Offset+e.Length <= other.Offset+other.Length
			around := e.Offset <= other.Offset && other.Offset+other.Length <= e.Offset+e.Length
			switch {
			case isCode(other) && !isCode(e) && inside, isCode(other) && !isCode(e) && around && e.Type != "blockquote" && e.Length == other.Length:
				taken = false
			case e.Type == "blockquote" && other.Type == "blockquote" && inside && e.Length < other.Length:
				taken = false
			}
		}
		if taken {
			out = append(out, e)
		}
	}
	return out
}

func isCode(e entity) bool { return e.Type == "code" || e.Type == "pre" }
