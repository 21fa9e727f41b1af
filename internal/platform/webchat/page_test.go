package webchat

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

// outFrame is any frame to a page.
type outFrame struct {
	Type       string          `json:"t"`
	ID         string          `json:"id"`
	You        person          `json:"you"`
	Channel    channel         `json:"channel"`
	Version    int64           `json:"version"`
	Reset      bool            `json:"reset"`
	More       bool            `json:"more"`
	Records    []record        `json:"records"`
	Message    string          `json:"message"`
	Name       string          `json:"name"`
	Code       string          `json:"code"`
	RetryAfter float64         `json:"retry_after"`
	Who        person          `json:"who"`
	For        int             `json:"for"`
	Status     string          `json:"status"`
	Presence   presence        `json:"presence"`
	Count      int             `json:"count"`
	People     json.RawMessage `json:"people"`
}

// record is R as a page reads it.
type record struct {
	ID    string `json:"id"`
	Place int64  `json:"place"`
	V     int64  `json:"v"`
	message
}

// visitorPage is a page, reduced to its socket and its memory.
type visitorPage struct {
	t       testing.TB
	conn    *websocket.Conn
	session string
	you     person
	welcome outFrame
	version int64
	records map[string]record
	seen    []record // in the order in which they came
}

// enter opens a room as a new visitor.
func (n *chatNode) enter(room, name string) *visitorPage {
	n.t.Helper()
	p := &visitorPage{t: n.t, session: n.session(), records: map[string]record{}}
	p.open(n, map[string]any{"t": "hello", "channel": room, "name": name})
	return p
}

// again opens the room again, on any node, with what the page has.
func (p *visitorPage) again(n *chatNode) {
	p.t.Helper()
	p.open(n, map[string]any{"t": "hello", "channel": p.welcome.Channel.ID, "name": p.you.Name, "since": p.version})
}

func (p *visitorPage) open(n *chatNode, hello map[string]any) {
	p.t.Helper()
	conn, err := n.dial(p.session)
	if err != nil {
		p.t.Fatalf("dial: %v", err)
	}
	p.conn = conn
	p.send(hello)
	p.welcome = p.until("welcome", func(f outFrame) bool { return f.Type == "welcome" })
	p.you = p.welcome.You
	if p.welcome.Reset {
		p.records = map[string]record{}
	}
	p.until("records", func(f outFrame) bool { return f.Type == "records" })
}

func (p *visitorPage) send(frame any) {
	p.t.Helper()
	b, err := json.Marshal(frame)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if err := p.conn.Write(ctx, websocket.MessageText, b); err != nil {
		p.t.Fatalf("send %s: %v", b, err)
	}
}

// read returns the next frame. Records go to the page's memory.
func (p *visitorPage) read() (outFrame, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	_, b, err := p.conn.Read(ctx)
	if err != nil {
		return outFrame{}, err
	}
	var f outFrame
	if err := json.Unmarshal(b, &f); err != nil {
		return f, fmt.Errorf("frame %s: %w", b, err)
	}
	if f.Type == "records" {
		if f.Version < p.version {
			return f, fmt.Errorf("version %d came after %d", f.Version, p.version)
		}
		p.version = f.Version
		for _, r := range f.Records {
			p.records[r.ID] = r
			p.seen = append(p.seen, r)
		}
	}
	return f, nil
}

// until reads up to the frame that is wanted.
func (p *visitorPage) until(what string, is func(outFrame) bool) outFrame {
	p.t.Helper()
	var passed []string
	for {
		f, err := p.read()
		if err != nil {
			p.t.Fatalf("%s waited for %s: %v; before came %v", p.you.Name, what, err, passed)
		}
		if is(f) {
			return f
		}
		passed = append(passed, f.Type+" "+f.Code)
	}
}

// untilRecord reads until the page's memory holds a record as it is wanted.
func (p *visitorPage) untilRecord(what string, is func(record) bool) record {
	p.t.Helper()
	for {
		for _, r := range p.records {
			if is(r) {
				return r
			}
		}
		if _, err := p.read(); err != nil {
			p.t.Fatalf("%s waited for a record, %s: %v", p.you.Name, what, err)
		}
	}
}

// shows reads until a text is there.
func (p *visitorPage) shows(text string) record {
	p.t.Helper()
	return p.untilRecord(text, func(r record) bool { return r.Text == text })
}

// frameID is what a page would make.
func frameID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// ask sends a frame with a new id and returns its ok or error.
func (p *visitorPage) ask(frame map[string]any) outFrame {
	p.t.Helper()
	if frame["id"] == nil {
		frame["id"] = frameID()
	}
	p.send(frame)
	return p.until("an answer", func(f outFrame) bool { return (f.Type == "ok" || f.Type == "error") && f.ID == frame["id"] })
}

// say sends a message and returns its id.
func (p *visitorPage) say(text string) string {
	p.t.Helper()
	f := p.ask(map[string]any{"t": "send", "text": text})
	if f.Type != "ok" || f.Message == "" {
		p.t.Fatalf("send %q: %+v", text, f)
	}
	return f.Message
}

// closed reads until the socket is closed, and returns why.
func (p *visitorPage) closed() websocket.CloseError {
	p.t.Helper()
	for {
		_, err := p.read()
		if closed, ok := errors.AsType[websocket.CloseError](err); ok {
			return closed
		}
		if err != nil {
			p.t.Fatalf("the socket ended without a reason: %v", err)
		}
	}
}

// upload keeps a file and returns the answer.
func (p *visitorPage) upload(n *chatNode, name, kind string, content []byte) (int, map[string]any) {
	p.t.Helper()
	status, _, body := n.request(http.MethodPost, "/-/files?name="+name, string(bytes.Clone(content)), "Content-Type", kind, "X-Postern-Session", p.session)
	var answer map[string]any
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		p.t.Fatalf("upload: %d %s", status, body)
	}
	return status, answer
}
