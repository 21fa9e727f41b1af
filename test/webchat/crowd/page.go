package crowd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// page is one visitor in a room of its own, who says something each second and
// holds what comes back against it. It shares the machine with what it
// measures, so it is made to cost little: no context, whose watch each frame
// would pay for, and no buffer of its own for a frame.
type page struct {
	conn    *websocket.Conn
	now     func() time.Duration
	leaving atomic.Bool // the connection is ours to end

	acked, echoes atomic.Int64

	// Of the goroutine that talks.
	sent  int
	frame []byte

	// Of the goroutine that reads.
	heard     int             // echoes, in order
	seen      map[string]bool // record ids
	out, both Latencies
	wrong     error
}

// sessions is shared by all pages, for the sessions.
func sessions() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
}

// enter opens a new visitor's direct messages.
func enter(ctx context.Context, c *http.Client, addr, chat string, now func() time.Duration) (*page, error) {
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

// say sends the next message, which was due at a time.
func (p *page) say(due time.Duration) error {
	var id [16]byte
	_, _ = rand.Read(id[:])
	b := hex.AppendEncode(append(p.frame[:0], `{"t":"send","id":"`...), id[:])
	b = strconv.AppendInt(append(b, `","text":"message `...), int64(p.sent), 10)
	b = strconv.AppendInt(append(b, " sent "...), due.Microseconds(), 10)
	p.frame = append(b, `"}`...)
	if err := p.conn.Write(context.Background(), websocket.MessageText, p.frame); err != nil {
		return err
	}
	p.sent++
	return nil
}

// read holds every record against what was said, until the socket ends.
func (p *page) read() {
	var buf bytes.Buffer
	for p.wrong == nil {
		_, r, err := p.conn.Reader(context.Background())
		if err == nil {
			buf.Reset()
			_, err = buf.ReadFrom(r)
		}
		if err != nil {
			if !p.leaving.Load() {
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
		if err := json.Unmarshal(buf.Bytes(), &f); err != nil {
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
	numbers, ok := numbersIn(text, "message", "sent", "echoed")
	if !ok || numbers[0] != int64(p.heard) {
		p.wrong = fmt.Errorf("echo %q came where that of message %d was due", text, p.heard)
		return
	}
	p.heard++
	p.echoes.Add(1)
	p.both.add(now - time.Duration(numbers[1])*time.Microsecond)
	p.out.add(now - time.Duration(numbers[2])*time.Microsecond)
}

// sentAt is when a message was due to be sent.
func sentAt(text string) (time.Duration, bool) {
	numbers, ok := numbersIn(text, "message", "sent")
	return time.Duration(numbers[1]) * time.Microsecond, ok
}

// numbersIn reads the numbers of a text that consists of these words, each
// with a number behind it.
func numbersIn(text string, words ...string) (numbers [3]int64, ok bool) {
	for i, word := range words {
		var number string
		before, rest, found := strings.Cut(text, " ")
		number, text, _ = strings.Cut(rest, " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if !found || before != word || err != nil {
			return numbers, false
		}
		numbers[i] = n
	}
	return numbers, text == ""
}
