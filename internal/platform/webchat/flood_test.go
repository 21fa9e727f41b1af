package webchat

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform/platformtest"
)

// TestLargeFrame: a frame of 10 MiB costs its page the socket, and says so;
// nobody else notices.
func TestLargeFrame(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil)
	eve, ann := n.enter("lobby", "Eve"), n.enter("lobby", "Ann")
	go func() { _ = eve.conn.Write(t.Context(), websocket.MessageText, bytes.Repeat([]byte("x"), 10<<20)) }()
	c := eve.closed()
	if c.Code != websocket.StatusMessageTooBig || !strings.Contains(c.Reason, "at most 81920 bytes") {
		t.Errorf("closed with %v", c)
	}
	ann.say("still here")
	eve.again(n)
	eve.shows("still here")
}

// TestBadFrames: what is not the protocol ends the socket with what was
// expected; what is, but cannot be done, is answered.
func TestBadFrames(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), map[string]any{"max_text": 100, "rate": 1000, "burst": 1000})
	for what, frame := range map[string]string{"no JSON": "{", "a list": "[]", "deep": strings.Repeat(`{"a":`, 11000), "wrong type": `{"t":1}`} {
		p := n.enter("lobby", "Eve")
		if err := p.conn.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
			t.Fatal(err)
		}
		if c := p.closed(); c.Code != closeProtocol || c.Reason == "" {
			t.Errorf("%s: closed with %v", what, c)
		}
	}
	p := n.enter("lobby", "Eve")
	if err := p.conn.Write(t.Context(), websocket.MessageBinary, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if c := p.closed(); c.Code != closeProtocol {
		t.Errorf("binary: closed with %v", c)
	}
	p = n.enter("lobby", "Eve")
	for what, c := range map[string]struct {
		frame map[string]any
		code  envelope.Code
	}{
		"too long":      {map[string]any{"t": "send", "text": strings.Repeat("ä", 51)}, envelope.CodeTooLarge},
		"nothing":       {map[string]any{"t": "send", "text": " \n\u202e\x00"}, envelope.CodeInvalid},
		"short id":      {map[string]any{"t": "send", "id": "1", "text": "x"}, envelope.CodeInvalid},
		"odd id":        {map[string]any{"t": "send", "id": "<script>alert(1)</script>", "text": "x"}, envelope.CodeInvalid},
		"many files":    {map[string]any{"t": "send", "files": make([]string, maxFiles+1)}, envelope.CodeTooLarge},
		"two emoji":     {map[string]any{"t": "react", "message": strings.Repeat("a", 24), "emoji": "like"}, envelope.CodeInvalid},
		"no such":       {map[string]any{"t": "react", "message": strings.Repeat("a", 24), "emoji": "👍"}, envelope.CodeNotFound},
		"hello again":   {map[string]any{"t": "hello", "channel": "other"}, envelope.CodeInvalid},
		"unknown":       {map[string]any{"t": "drop tables"}, envelope.CodeInvalid},
		"the bot":       {map[string]any{"t": "name", "name": "BOT"}, envelope.CodeInvalid},
		"edit to blank": {map[string]any{"t": "edit", "message": strings.Repeat("a", 24), "text": ""}, envelope.CodeInvalid},
	} {
		if f := p.ask(c.frame); f.Type != "error" || f.Code != string(c.code) || f.Message == "" {
			t.Errorf("%s: %+v, expected %s", what, f, c.code)
		}
	}
}

// TestFlood: a page that sends without end is slowed down, told so, and then
// cut off; the others do not notice.
func TestFlood(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil, func(t *timing) { t.flood = 300 * time.Millisecond })
	began := time.Now()
	eve, ann := n.enter("lobby", "Eve"), n.enter("lobby", "Ann")
	go func() {
		for i := range 10_000 {
			frame := fmt.Appendf(nil, `{"t":"send","id":"%032d","text":"flood"}`, i)
			if eve.conn.Write(t.Context(), websocket.MessageText, frame) != nil {
				return
			}
		}
	}()
	limited := eve.until("rate_limited", func(f outFrame) bool { return f.Code == string(envelope.CodeRateLimited) })
	if limited.RetryAfter <= 0 || limited.ID == "" {
		t.Errorf("too much at once is answered %+v", limited)
	}
	for i := range 3 {
		ann.say(fmt.Sprintf("calm %d", i))
	}
	if c := eve.closed(); c.Code != closeTooMany || c.Reason == "" {
		t.Errorf("closed with %v", c)
	}
	// Her burst of 20 and 5 a second since; Ann's three, and who came and went.
	if n, most := len(n.host.Events()), 28+int(5*time.Since(began).Seconds()); n > most {
		t.Errorf("%d events came of it, want %d at most", n, most)
	}
}

// TestTooManySockets: one visitor's, and one node's.
func TestTooManySockets(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), map[string]any{"sockets_per_visitor": 2, "sockets": 3})
	p := n.enter("lobby", "Eve")
	(&visitorPage{t: t, session: p.session, records: map[string]record{}}).open(n, map[string]any{"t": "hello", "channel": "dm"})
	conn, err := n.dial(p.session)
	if err != nil {
		t.Fatal(err)
	}
	third := &visitorPage{t: t, conn: conn}
	if _, err := n.dial(p.session); err == nil || !strings.HasPrefix(err.Error(), "503") {
		t.Errorf("a socket more than the node has: %v", err)
	}
	third.send(map[string]any{"t": "hello", "channel": "lobby"})
	if c := third.closed(); c.Code != closeTooMany {
		t.Errorf("a third page is closed with %v", c)
	}
}

// TestManyRooms: a visitor that runs through rooms tells the workers no more of
// it than so much.
func TestManyRooms(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil)
	session := n.session()
	for i := range 10 * helloBurst {
		conn, err := n.dial(session)
		if err != nil {
			t.Fatal(err)
		}
		p := &visitorPage{t: t, conn: conn}
		p.send(map[string]any{"t": "hello", "channel": fmt.Sprintf("room%d", i)})
		f, err := p.read()
		if err == nil && f.Type == "error" {
			if c := p.closed(); f.Code != string(envelope.CodeRateLimited) || c.Code != closeTooMany || i < helloBurst {
				t.Errorf("after %d rooms: %+v, %v", i, f, c)
			}
			return
		}
		_ = conn.CloseNow()
	}
	t.Error("there is no end to it")
}

// TestPings: they are frames, and are slowed down as such.
func TestPings(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil)
	eve := n.enter("lobby", "Eve")
	go func() {
		for {
			if _, _, err := eve.conn.Read(t.Context()); err != nil {
				return
			}
		}
	}()
	start := time.Now()
	for range frameBurst + frameRate {
		if err := eve.conn.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 900*time.Millisecond {
		t.Errorf("%d pings are answered within %v", frameBurst+frameRate, took)
	}
}

// TestOlders: who asks for the past again and again gets it, but not as fast.
func TestOlders(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil)
	eve := n.enter("lobby", "Eve")
	start := time.Now()
	for range olderBurst + olderRate {
		eve.send(map[string]any{"t": "older", "before": 1})
	}
	for range olderBurst + olderRate {
		eve.until("older", func(f outFrame) bool { return f.Type == "older" })
	}
	if took := time.Since(start); took < 900*time.Millisecond {
		t.Errorf("%d looks into the past are answered within %v", olderBurst+olderRate, took)
	}
}

// TestLargeMessagesPageByPage: a past larger than a frame and than what the
// store brings at once comes whole, piece by piece; so does what a page has
// missed.
func TestLargeMessagesPageByPage(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), map[string]any{"people": false})
	ann := n.enter("lobby", "Ann")
	away := n.enter("lobby", "Bob")
	_ = away.conn.CloseNow()
	text := strings.Repeat("x", maxBotText)
	const messages = 12 // of twice that: the store brings seven at once
	for i := range messages {
		n.bot(envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "lobby", Text: fmt.Sprint(i, text)[:maxBotText], Format: "plain"})
	}
	ann.untilRecord("the last one", func(r record) bool { return r.Place == messages })
	p := n.enter("lobby", "Cid")
	got, before, more := len(p.records), int64(messages+1), p.welcome.More
	for _, r := range p.records {
		before = min(before, r.Place)
	}
	for more {
		p.send(map[string]any{"t": "older", "before": before, "limit": maxPage})
		f := p.until("older", func(f outFrame) bool { return f.Type == "older" })
		if len(f.Records) == 0 {
			t.Fatalf("nothing comes of more before %d", before)
		}
		got, before, more = got+len(f.Records), f.Records[0].Place, f.More
	}
	if got != messages {
		t.Errorf("%d of %d messages came", got, messages)
	}
	away.again(n)
	away.untilRecord("the last one", func(r record) bool { return r.Place == messages })
	if len(away.records) != messages || away.welcome.Reset {
		t.Errorf("%d of %d messages came to who was away", len(away.records), messages)
	}
}
