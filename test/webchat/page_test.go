package webchat

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// page is one visitor in a room of its own, who says something each second and
// holds what comes back against it.
type page struct {
	conn *websocket.Conn
	now  func() time.Duration

	sent, acked, echoes atomic.Int64

	// Of the goroutine that reads.
	heard     int             // echoes, in order
	seen      map[string]bool // record ids
	out, both latencies
	wrong     error
}

// client is shared by all pages, for the sessions.
func client() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
}

// enter opens a new visitor's direct messages.
func enter(ctx context.Context, c *http.Client, addr string, now func() time.Duration) (*page, error) {
	base := "http://" + addr + "/chat/" + chat + "/-/"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"session", strings.NewReader(`{"keep":true}`))
	if err != nil {
		return nil, err
	}
	answer, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	var session struct{ Session string }
	if err != nil || json.Unmarshal(body, &session) != nil || session.Session == "" {
		return nil, fmt.Errorf("session: %s %s", answer.Status, body)
	}
	conn, _, err := websocket.Dial(ctx, base+"socket", nil)
	if err != nil {
		return nil, err
	}
	p := &page{conn: conn, now: now, seen: map[string]bool{}}
	hello := fmt.Sprintf(`{"t":"hello","channel":"dm","session":%q,"name":"load"}`, session.Session)
	if err := conn.Write(ctx, websocket.MessageText, []byte(hello)); err != nil {
		return nil, err
	}
	_, first, err := conn.Read(ctx)
	if err != nil || !bytes.HasPrefix(first, []byte(`{"t":"welcome"`)) {
		return nil, fmt.Errorf("hello is answered %s: %w", first, err)
	}
	return p, nil
}

// say sends the next message.
func (p *page) say(ctx context.Context) error {
	var id [16]byte
	_, _ = rand.Read(id[:])
	frame := fmt.Sprintf(`{"t":"send","id":%q,"text":"message %d sent %d"}`, hex.EncodeToString(id[:]), p.sent.Load(), p.now().Microseconds())
	if err := p.conn.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
		return err
	}
	p.sent.Add(1)
	return nil
}

// read holds every record against what was said, until the socket ends.
func (p *page) read(ctx context.Context) {
	for p.wrong == nil {
		_, b, err := p.conn.Read(ctx)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, io.EOF) {
				p.wrong = fmt.Errorf("read: %w", err)
			}
			return
		}
		now := p.now()
		var f struct {
			T       string
			Code    string
			Message string
			Records []struct {
				ID   string
				Text string
				From struct{ Bot bool }
			}
		}
		if err := json.Unmarshal(b, &f); err != nil {
			p.wrong = err
			return
		}
		switch f.T {
		case "ok":
			p.acked.Add(1)
		case "error":
			p.wrong = fmt.Errorf("refused: %s %s", f.Code, f.Message)
		}
		for _, r := range f.Records {
			if p.seen[r.ID] {
				p.wrong = fmt.Errorf("%q came twice", r.Text)
			}
			p.seen[r.ID] = true
			if r.From.Bot {
				p.echoed(r.Text, now)
			}
		}
	}
}

// echoed takes one echo: they come in the order of what was said.
func (p *page) echoed(text string, now time.Duration) {
	var n int
	var sent, echoed int64
	if _, err := fmt.Sscanf(text, "message %d sent %d echoed %d", &n, &sent, &echoed); err != nil || n != p.heard {
		p.wrong = fmt.Errorf("echo %q came where that of message %d was due", text, p.heard)
		return
	}
	p.heard++
	p.echoes.Add(1)
	p.out.add(now - time.Duration(echoed)*time.Microsecond)
	p.both.add(now - time.Duration(sent)*time.Microsecond)
}

// sentAt is when a page sent a text.
func sentAt(text string) time.Duration {
	var n int
	var sent int64
	if _, err := fmt.Sscanf(text, "message %d sent %d", &n, &sent); err != nil {
		return 0
	}
	return time.Duration(sent) * time.Microsecond
}
