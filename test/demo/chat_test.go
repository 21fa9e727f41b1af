package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// answerWithin bounds the wait for anything the bot does by itself.
const answerWithin = 40 * time.Second

// record is a message as docs/webchat.md has it.
type record struct {
	ID      string `json:"id"`
	Version int64  `json:"v"`
	From    struct {
		ID  string `json:"id"`
		Bot bool   `json:"bot"`
	} `json:"from"`
	Text  string `json:"text"`
	Files []struct {
		Filename, Mimetype, URL string
		Size                    int64
		Image                   bool
	} `json:"files"`
	View      [][]button `json:"view"`
	Reactions []struct {
		Emoji string `json:"emoji"`
		By    []struct {
			ID string `json:"id"`
		} `json:"by"`
	} `json:"reactions"`
	Edited    bool `json:"edited"`
	Live      bool `json:"live"`
	Ephemeral bool `json:"ephemeral"`
}

type button struct {
	Label    string `json:"label"`
	CustomID string `json:"custom_id"`
	URL      string `json:"url"`
}

// frame is any frame to the page, as far as these tests read it.
type frame struct {
	Type    string   `json:"t"`
	ID      string   `json:"id"`
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Version int64    `json:"version"`
	Reset   bool     `json:"reset"`
	Records []record `json:"records"`
	Who     struct {
		Bot bool `json:"bot"`
	} `json:"who"`
	For int `json:"for"`
}

// visitor is a page: a cookie, a socket that is opened again when it breaks,
// and what it has seen.
type visitor struct {
	t        *testing.T
	demo     *demo
	room     string
	http     *http.Client
	socket   *websocket.Conn
	version  int64
	messages map[string]record
	order    []string // ids in the order in which they were first seen
	typed    int      // typing frames of the bot
}

// visit opens the lobby.
func (d *demo) visit() *visitor {
	d.t.Helper()
	return d.enter(d.t, "lobby")
}

// enter opens a room for a test of its own.
func (d *demo) enter(t *testing.T, room string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, demo: d, room: room, http: &http.Client{Jar: jar}, messages: map[string]record{}}
	t.Cleanup(func() { v.hangUp() })
	v.connect()
	return v
}

func (v *visitor) hangUp() {
	if v.socket != nil {
		_ = v.socket.CloseNow()
		v.socket = nil
	}
}

// connect asks for a session and opens the socket, until the gateway answers.
func (v *visitor) connect() {
	v.t.Helper()
	v.hangUp()
	deadline := time.Now().Add(answerWithin)
	for {
		err := v.dial()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("no socket: %v", err)
		}
		again := time.NewTimer(100 * time.Millisecond) // as the page does
		select {
		case <-again.C:
		case <-v.t.Context().Done():
			v.t.Fatal(err)
		}
	}
}

func (v *visitor) dial() error {
	ctx, cancel := context.WithTimeout(v.t.Context(), 5*time.Second)
	defer cancel()
	origin := "http://" + v.demo.page.Host
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, origin+"/chat/chat/-/session", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	req.Header.Set("Origin", origin)
	req.Header.Set("Content-Type", "application/json")
	res, err := v.http.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	socket, _, err := websocket.Dial(ctx, "ws://"+v.demo.page.Host+"/chat/chat/-/socket", &websocket.DialOptions{
		HTTPClient: v.http, HTTPHeader: http.Header{"Origin": {origin}},
	})
	if err != nil {
		return err
	}
	socket.SetReadLimit(8 << 20)
	v.socket = socket
	hello := map[string]any{"t": "hello", "channel": v.room}
	if v.version > 0 {
		hello["since"] = v.version
	}
	return wsjson.Write(ctx, socket, hello)
}

// tell sends a frame and waits until it is done; over a broken socket it is
// sent again, with the same id.
func (v *visitor) tell(f map[string]any) (message string) {
	v.t.Helper()
	f["id"] = rand.Text()
	for {
		if err := wsjson.Write(v.t.Context(), v.socket, f); err != nil {
			v.connect()
			continue
		}
		got, ok := v.next()
		for ; ok; got, ok = v.next() {
			if got.ID != f["id"] {
				continue
			}
			if got.Type == "error" {
				v.t.Fatalf("%v is refused: %s, %s", f, got.Code, got.Message)
			}
			return got.Message
		}
	}
}

func (v *visitor) say(text string) (message string) {
	v.t.Helper()
	return v.tell(map[string]any{"t": "send", "text": text})
}

// next reads one frame and remembers what it says. It is false once the
// socket was opened anew.
func (v *visitor) next() (frame, bool) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), answerWithin)
	defer cancel()
	var f frame
	if err := wsjson.Read(ctx, v.socket, &f); err != nil {
		if ctx.Err() != nil {
			v.t.Fatalf("nothing comes any more; seen so far:\n%s", v)
		}
		v.connect()
		return frame{}, false
	}
	if f.Type == "welcome" && f.Reset {
		v.messages, v.order = map[string]record{}, nil
	}
	if f.Type == "typing" && f.Who.Bot && f.For > 0 {
		v.typed++
	}
	if f.Version > 0 {
		v.version = f.Version
	}
	for _, r := range f.Records {
		if _, known := v.messages[r.ID]; !known {
			v.order = append(v.order, r.ID)
		}
		v.messages[r.ID] = r
	}
	return f, true
}

// sees reads until a message is as wanted, and returns it.
func (v *visitor) sees(what string, wanted func(record) bool) record {
	v.t.Helper()
	deadline := time.Now().Add(answerWithin)
	for {
		for _, id := range v.order {
			if wanted(v.messages[id]) {
				return v.messages[id]
			}
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("%s does not come; seen:\n%s", what, v)
		}
		v.next()
	}
}

// seesBot is sees for what the bot says.
func (v *visitor) seesBot(text string) record {
	v.t.Helper()
	return v.sees("the bot's "+text, func(r record) bool { return r.From.Bot && !r.Live && strings.Contains(r.Text, text) })
}

// count is how many messages of the bot have the text.
func (v *visitor) count(text string) (n int) {
	for _, r := range v.messages {
		if r.From.Bot && strings.Contains(r.Text, text) {
			n++
		}
	}
	return n
}

// upload puts a file into the store and returns its blob.
func (v *visitor) upload(name, mimetype string, data []byte) string {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost,
		v.demo.url("/chat/chat/-/files?name="+url.QueryEscape(name)), bytes.NewReader(data))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", mimetype)
	req.Header.Set("Origin", "http://"+v.demo.page.Host)
	res, err := v.http.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it is read to its end
	text, err := io.ReadAll(res.Body)
	var kept struct{ Blob string }
	if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(text, &kept) != nil || kept.Blob == "" {
		v.t.Fatalf("status %d: %s", res.StatusCode, text)
	}
	return kept.Blob
}

// fetch gets a file of a message.
func (v *visitor) fetch(path string) []byte {
	v.t.Helper()
	res, err := v.http.Get(v.demo.url("/chat/chat/" + path))
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it is read to its end
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		v.t.Fatalf("%s: status %d, %v", path, res.StatusCode, err)
	}
	return data
}

// String is what was seen.
func (v *visitor) String() string {
	var out strings.Builder
	for _, id := range v.order {
		text, err := json.Marshal(v.messages[id])
		if err != nil {
			continue
		}
		out.Write(append(text, '\n'))
	}
	return out.String()
}
