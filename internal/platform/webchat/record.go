package webchat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/posternhq/postern/platform"
)

// botID is the bot's id among the people of every room.
const botID = "bot"

// person is who said or did something.
type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Bot  bool   `json:"bot,omitempty"`
}

// message is the public part of a record: R of the protocol without id, place
// and v, which the room gives.
type message struct {
	From      person          `json:"from"`
	At        float64         `json:"at"`
	Thread    string          `json:"thread,omitempty"`
	ReplyTo   *reply          `json:"reply_to,omitempty"`
	Text      string          `json:"text"`
	Body      json.RawMessage `json:"body,omitempty"`
	Files     []file          `json:"files,omitempty"`
	View      [][]button      `json:"view,omitempty"`
	Reactions []reaction      `json:"reactions,omitempty"`
	Pings     []string        `json:"pings,omitempty"`
	Edited    bool            `json:"edited,omitempty"`
	Deleted   bool            `json:"deleted,omitempty"`
	Live      bool            `json:"live,omitempty"`
	Silent    bool            `json:"silent,omitempty"`
	Ephemeral bool            `json:"ephemeral,omitempty"`

	side `json:"-"`
}

// side is what of a record no page is told.
type side struct {
	To  string `json:"to,omitempty"`  // who alone may see it; "" = everybody in the room
	Seq int64  `json:"seq,omitempty"` // of the stream's snapshot that it shows

	Done []string `json:"done,omitempty"` // the frames that changed it last, oldest first
}

func (s side) empty() bool { return s.To == "" && s.Seq == 0 && len(s.Done) == 0 }

// once reports whether a frame has yet to change the message, and notes that
// it has. A write that a slow node still had under way when the page sent its
// frame through another must not undo what was done since.
func (s *side) once(frame string) bool {
	if slices.Contains(s.Done, frame) {
		return false
	}
	s.Done = append(s.Done[max(0, len(s.Done)+1-maxDone):], frame)
	return true
}

type reply struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	Excerpt string `json:"excerpt,omitempty"`
}

type file struct {
	Filename string `json:"filename"`
	Mimetype string `json:"mimetype"`
	Size     int64  `json:"size"`
	URL      string `json:"url"`
	Image    bool   `json:"image"`
}

type button struct {
	Label    string `json:"label"`
	CustomID string `json:"custom_id,omitempty"`
	URL      string `json:"url,omitempty"`
	Emoji    string `json:"emoji,omitempty"`
	Style    string `json:"style,omitempty"`
}

type reaction struct {
	Emoji string   `json:"emoji"`
	By    []person `json:"by"`
}

// store encodes a message as a record's data: one line of what is not public,
// mostly empty, then the public part. So what goes to a page is cut out and
// never encoded again.
func (m *message) store() []byte {
	var b bytes.Buffer
	if !m.side.empty() {
		line, err := json.Marshal(m.side)
		if err != nil { // plain fields
			return nil
		}
		b.Write(line)
	}
	b.WriteByte('\n')
	public, err := json.Marshal(m)
	if err != nil { // Body is our own encoding
		return nil
	}
	b.Write(public)
	return b.Bytes()
}

// cut divides a record's data. public is nil in data that is none of ours.
func cut(data []byte) (s side, public []byte) {
	line, public, _ := bytes.Cut(data, []byte{'\n'})
	if len(line) > 0 && json.Unmarshal(line, &s) != nil || len(public) < 2 || public[0] != '{' {
		return side{}, nil
	}
	return s, public
}

// load decodes what store has encoded.
func load(data []byte) (*message, error) {
	s, public := cut(data)
	m := &message{}
	if public == nil {
		return nil, fmt.Errorf("a record of %d bytes is none of web chat's", len(data))
	}
	if err := json.Unmarshal(public, m); err != nil {
		return nil, fmt.Errorf("decode a record: %w", err)
	}
	m.side = s
	return m, nil
}

// shown is a record as a page gets it, ready to be put into a frame; nil if
// it is not one of ours. to is who alone may see it.
func shown(r platform.Record) (to string, r2 []byte) {
	s, public := cut(r.Data)
	if public == nil {
		return "", nil
	}
	b := make([]byte, 0, len(public)+len(r.ID)+64)
	b = append(b, `{"id":`...)
	b = strconv.AppendQuote(b, r.ID)
	b = append(b, `,"place":`...)
	b = strconv.AppendInt(b, r.Place, 10)
	b = append(b, `,"v":`...)
	b = strconv.AppendInt(b, r.Version, 10)
	b = append(b, ',')
	return s.To, append(b, public[1:]...)
}

// visibleTo reports whether a visitor may see the message.
func (m *message) visibleTo(visitor string) bool { return m.To == "" || m.To == visitor }

// erase leaves nothing but that there was a message.
func (m *message) erase() {
	*m = message{From: m.From, At: m.At, Thread: m.Thread, Deleted: true, Ephemeral: m.Ephemeral, side: m.side}
}

// react adds or takes away one person's reaction. It reports whether that
// changed anything, and whether there was room for it.
func (m *message) react(who person, emoji string, remove bool) (changed, fits bool) {
	for i := range m.Reactions {
		r := &m.Reactions[i]
		if r.Emoji != emoji {
			continue
		}
		for j, p := range r.By {
			if p.ID != who.ID {
				continue
			}
			if !remove {
				return false, true
			}
			r.By = append(r.By[:j:j], r.By[j+1:]...)
			if len(r.By) == 0 {
				m.Reactions = append(m.Reactions[:i:i], m.Reactions[i+1:]...)
			}
			return true, true
		}
		if remove {
			return false, true
		}
		if len(r.By) >= maxReactors {
			return false, false
		}
		r.By = append(r.By, who)
		return true, true
	}
	if remove {
		return false, true
	}
	if len(m.Reactions) >= maxEmojis {
		return false, false
	}
	m.Reactions = append(m.Reactions, reaction{Emoji: emoji, By: []person{who}})
	return true, true
}
