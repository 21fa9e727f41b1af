package webchat

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
)

// refusal is why a frame is not carried out.
type refusal struct {
	code    envelope.Code
	message string
}

func (r *refusal) Error() string { return string(r.code) + ": " + r.message }

func refused(code envelope.Code, format string, args ...any) *refusal {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// check looks at the fields that a frame of its type has. It cleans the text
// and is otherwise pure. Whether what it names is there, the store knows.
func (f *inFrame) check(c config) *refusal {
	if !validFrameID(f.ID) {
		return refused(envelope.CodeInvalid, "id: expected 16 to 64 of A-Z a-z 0-9 _ -, at random")
	}
	switch f.Type {
	case "send", "edit":
		f.Text = strings.TrimRightFunc(cleanText(f.Text), unicode.IsSpace)
		if len(f.Text) > c.maxText {
			return refused(envelope.CodeTooLarge, "text: a message has at most %d bytes, this one %d; send it in parts or as a file", c.maxText, len(f.Text))
		}
		if strings.TrimSpace(f.Text) == "" && (f.Type == "edit" || len(f.Files) == 0) {
			return refused(envelope.CodeInvalid, "text: there is nothing to be seen in it")
		}
	}
	switch f.Type {
	case "send":
		if len(f.Files) > maxFiles {
			return refused(envelope.CodeTooLarge, "files: a message has at most %d, this one %d", maxFiles, len(f.Files))
		}
		if f.Thread != "" && checkPlace(f.Thread) != nil {
			return refused(envelope.CodeInvalid, "thread: no thread can have this name")
		}
		if f.ReplyTo != "" && !validRecordID(f.ReplyTo) {
			return refused(envelope.CodeInvalid, "reply_to: not a message's id")
		}
		return nil
	case "react":
		if !validEmoji(f.Emoji) {
			return refused(envelope.CodeInvalid, "emoji: expected one emoji")
		}
	case "press":
		if f.CustomID == "" || len(f.CustomID) > maxCustomID {
			return refused(envelope.CodeInvalid, "custom_id: not a button's")
		}
	}
	if !validRecordID(f.Message) {
		return refused(envelope.CodeInvalid, "message: not a message's id")
	}
	return nil
}

// validFrameID: what a page makes of 128 random bits.
func validFrameID(id string) bool {
	return len(id) >= 16 && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	})
}

// validRecordID: what this platform's ids are made of.
func validRecordID(id string) bool {
	return len(id) == 24 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// mentionsOf are the people whom a text mentions, named as they are called, or
// else as they are written; and whether the bot is one of them, as a mention
// or as @ and its name.
func mentionsOf(tree []render.Node, botName string, name func(id string) string) (list []envelope.Mention, bot bool) {
	render.Walk(tree, func(n render.Node) {
		switch n.Kind {
		case render.Text:
			bot = bot || callsBy(n.Content, botName)
		case render.Mention:
			same := func(m envelope.Mention) bool { return m.ID == n.ID }
			if len(list) >= maxMentions || slices.ContainsFunc(list, same) {
				return
			}
			called := name(n.ID)
			if called == "" {
				called = clip(cleanName(strings.TrimPrefix(render.PlainText(n.Children), "@")), maxName)
			}
			list = append(list, envelope.Mention{ID: n.ID, Name: called})
			bot = bot || n.ID == botID
		}
	})
	if bot && !slices.ContainsFunc(list, func(m envelope.Mention) bool { return m.ID == botID }) {
		list = append(list, envelope.Mention{ID: botID, Name: botName})
	}
	return list, bot
}

// callsBy reports whether @name stands in a text as a word of its own.
func callsBy(text, name string) bool {
	text, name = strings.ToLower(text), "@"+strings.ToLower(name)
	for {
		before, after, found := strings.Cut(text, name)
		if !found {
			return false
		}
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(after)
		if !inWord(last) && !inWord(next) {
			return true
		}
		text = after
	}
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}
