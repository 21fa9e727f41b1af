package slack

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/posternhq/postern/internal/render"
)

// mrkdwn writes a text in Slack's own mark-up as CommonMark
// (docs.slack.dev/messaging/formatting-message-text): fences and code, links and
// mentions in angle brackets, and *strong*, _emphasis_ and ~strike~ on a line.
func (r *reader) mrkdwn(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, "```") {
		switch {
		case i%2 == 1:
			b.WriteString("\n" + render.Fence(strings.Trim(unescape.Replace(part), "\n"), "") + "\n")
		case part != "":
			b.WriteString(markup.Write(r.spans(part)))
		}
	}
	return strings.TrimSpace(b.String())
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

var bracketed = regexp.MustCompile("<[^<>\n]+>|`[^`\n]+`")

// spans are the runs of a text without fences.
func (r *reader) spans(text string) []render.Run {
	var runs []render.Run
	at := 0
	for _, span := range bracketed.FindAllStringIndex(text, -1) {
		runs = append(runs, styledRuns(text[at:span[0]], nil)...)
		inner := text[span[0]+1 : span[1]-1]
		if text[span[0]] == '`' {
			runs = append(runs, render.Run{Text: unescape.Replace(inner), Marks: []render.Mark{{Kind: render.Code}}})
		} else {
			runs = append(runs, r.bracket(inner)...)
		}
		at = span[1]
	}
	return append(runs, styledRuns(text[at:], nil)...)
}

// bracket is what stands in angle brackets: <@U1|ann>, <#C1|general>, <!here>,
// <!subteam^S1|@crew>, <!date^1712^{date}|then>, <https://x.example|a label>.
func (r *reader) bracket(inner string) []render.Run {
	target, label, _ := strings.Cut(inner, "|")
	label = unescape.Replace(label)
	switch {
	case strings.HasPrefix(target, "@"):
		return r.mention(target[1:], "@", nil)
	case strings.HasPrefix(target, "#"):
		return r.mention(target[1:], "#", nil)
	case strings.HasPrefix(target, "!subteam^"):
		return r.mention(strings.TrimPrefix(target, "!subteam^"), "@", nil)
	case strings.HasPrefix(target, "!date^"):
		return []render.Run{{Text: label}}
	case strings.HasPrefix(target, "!"):
		return r.mention(target[1:], "@", nil)
	}
	href := unescape.Replace(target)
	if label == "" {
		label = href
	}
	return []render.Run{{Text: label, Marks: []render.Mark{{Kind: render.Link, Href: href}}}}
}

// styledRuns parts a text at its signs. One opens at the beginning of a word and
// closes at the end of one, on the same line.
func styledRuns(text string, marks []render.Mark) []render.Run {
	if text == "" {
		return nil
	}
	for i := 0; i < len(text); i++ {
		kind, is := map[byte]render.Kind{'*': render.Strong, '_': render.Emphasis, '~': render.Strike}[text[i]]
		if !is || !opens(text, i) {
			continue
		}
		end := closing(text, i)
		if end < 0 {
			continue
		}
		under := append(marks[:len(marks):len(marks)], render.Mark{Kind: kind})
		runs := plainRun(text[:i], marks)
		runs = append(runs, styledRuns(text[i+1:end], under)...)
		return append(runs, styledRuns(text[end+1:], marks)...)
	}
	return plainRun(text, marks)
}

func plainRun(text string, marks []render.Mark) []render.Run {
	if text == "" {
		return nil
	}
	return []render.Run{{Text: unescape.Replace(text), Marks: marks}}
}

func opens(text string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+1:])
	return (i == 0 || !isWord(before)) && i+1 < len(text) && !unicode.IsSpace(after) && after != rune(text[i])
}

func closing(text string, open int) int {
	for i := open + 2; i < len(text) && text[i-1] != '\n'; i++ {
		if text[i] != text[open] {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+1:])
		if !unicode.IsSpace(before) && (i+1 == len(text) || !isWord(after)) {
			return i
		}
	}
	return -1
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
