package webchat

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform/platformtest"
)

// script is what a hostile visitor writes into every field.
const script = `<script>alert(1)</script><img src=x onerror=alert(1)>`

// TestScriptIsText: mark-up in any field of any frame reaches the other pages
// as text, within text nodes.
func TestScriptIsText(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil)
	eve := n.enter("lobby", script)
	ann := n.enter("lobby", "Ann")
	if want := clip(script, maxName); eve.you.Name != want {
		t.Errorf("the name became %q, expected %q", eve.you.Name, want)
	}
	status, up := eve.upload(n, strings.ReplaceAll("<script>alert(1).png", " ", "+"), "text/html; "+script, []byte("<html>"+script))
	if status != http.StatusOK || up["mimetype"] != "application/octet-stream" || up["image"] != false {
		t.Fatalf("upload: %d %v", status, up)
	}
	id := ""
	for _, text := range []string{
		script, "[x](javascript:alert(1))", "![x](javascript:alert(1))", "<" + "a href=javascript:alert(1)>x</a>",
		"[x](data:text/html," + script + ")", "```" + script + "\n" + script + "\n```", "[" + script + "](mention:x)", "|" + script + "|\n|-|\n|" + script + "|",
	} {
		f := eve.ask(map[string]any{"t": "send", "text": text, "files": []any{up["blob"]}})
		if f.Type != "ok" {
			t.Fatalf("%q: %+v", text, f)
		}
		id = f.Message
		got := ann.shows(text)
		for _, bad := range regexp.MustCompile(`"href":"[^"]*`).FindAllString(string(got.Body), -1) {
			if !strings.HasPrefix(bad, `"href":"http`) && !strings.HasPrefix(bad, `"href":"mailto:`) {
				t.Errorf("%q leads to %s", text, bad)
			}
		}
		if bytes.ContainsAny(got.Body, "<>") { // encoding/json writes < and > as escapes
			t.Errorf("%q has bare mark-up in its frame: %s", text, got.Body)
		}
	}
	for what, frame := range map[string]map[string]any{
		"emoji":   {"t": "react", "message": id, "emoji": "<b>x</b>"},
		"message": {"t": "delete", "message": "../../" + script},
		"reply":   {"t": "send", "text": "x", "reply_to": script},
		"thread":  {"t": "send", "text": "x", "thread": "../" + script},
		"blob":    {"t": "send", "text": "x", "files": []string{"../../../etc/passwd"}},
		"button":  {"t": "press", "message": id, "custom_id": script},
		"type":    {"t": script},
	} {
		if f := eve.ask(frame); f.Type != "error" || f.Message == "" {
			t.Errorf("%s: %+v", what, f)
		}
	}
}

// TestNamesHideNothing: what cannot be seen, or turns letters round, is not
// part of a name; nobody is called as the bot.
func TestNamesHideNothing(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil)
	for name, want := range map[string]string{
		"Ann":                             "Ann",
		"  A\tn\nn  ":                     "A n n",
		"\u202egnp.exe\u202c":             "gnp.exe",
		"A\u200b\u2060n\x00n\x1b[2J":      "Ann[2J",
		"👩\u200d🚀":                        "👩\u200d🚀",
		strings.Repeat("x", 100):          strings.Repeat("x", maxName-1) + "…",
		"Bot":                             "Guest",
		" b\u200do\u200dt ":               "Guest",
		"B.o.t":                           "Guest",
		"Bot\u3164":                       "Guest",
		"\uffa0":                          "Guest",
		"\u200b\u200b":                    "Guest",
		strings.Repeat("\u0301", 3) + "a": strings.Repeat("\u0301", 3) + "a",
	} {
		p := n.enter("lobby", name)
		if got := p.you.Name; got != want && !(want == "Guest" && strings.HasPrefix(got, "Guest ")) {
			t.Errorf("%q became %q, expected %q", name, got, want)
		}
		_ = p.conn.CloseNow()
	}
}

// TestDoorIsShut: who may open what.
func TestDoorIsShut(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), map[string]any{"token": "sesame", "origins": []string{"https://friend.example"}})
	enter := func(body string, headers ...string) (int, string) {
		status, _, answer := n.request(http.MethodPost, "/-/session", body, headers...)
		return status, answer
	}
	for what, c := range map[string]struct {
		body   string
		header []string
		status int
	}{
		"no token":      {`{}`, nil, 401},
		"wrong token":   {`{"token": "sesamE"}`, nil, 401},
		"right token":   {`{"token": "sesame"}`, nil, 200},
		"no JSON":       {`token=sesame`, nil, 400},
		"a large body":  {`{"token": "` + strings.Repeat("x", 10<<10) + `"}`, nil, 400},
		"wrong origin":  {`{"token": "sesame"}`, []string{"Origin", "https://evil.example"}, 403},
		"null origin":   {`{"token": "sesame"}`, []string{"Origin", "null"}, 403},
		"own origin":    {`{"token": "sesame"}`, []string{"Origin", n.server.URL}, 200},
		"allowed site":  {`{"token": "sesame"}`, []string{"Origin", "https://friend.example"}, 200},
		"like it":       {`{"token": "sesame"}`, []string{"Origin", "https://friend.example.evil.example"}, 403},
		"other scheme":  {`{"token": "sesame"}`, []string{"Origin", "http://friend.example"}, 403},
		"forged":        {`{"session": "aaaaaaaaaaaaaaaaaaaaaaaaaa-zzzzzz.AAAA"}`, nil, 401},
		"forged cookie": {`{}`, []string{"Cookie", cookieName + "=aaaaaaaaaaaaaaaaaaaaaaaaaa-zzzzzz.AAAA"}, 401},
	} {
		status, answer := enter(c.body, c.header...)
		if status != c.status || strings.Contains(answer, "sesame") || status != 200 && !strings.Contains(answer, `"message":"`) {
			t.Errorf("%s: %d %s", what, status, answer)
		}
	}

	_, answer := enter(`{"token": "sesame", "keep": true}`)
	var good struct{ Session, Visitor string }
	if err := json.Unmarshal([]byte(answer), &good); err != nil {
		t.Fatal(err)
	}
	old := n.adapter.hub.Load().sessions.issue(good.Visitor, time.Now().Add(-sessionLasts-time.Minute))
	other := sessions{key: key("another key")}.issue(good.Visitor, time.Now())
	for what, session := range map[string]string{
		"none": "", "expired": old, "of another key": other, "changed": "A" + good.Session[1:], "cut": good.Session[:len(good.Session)-2],
		"long": strings.Repeat("a.", 1000),
	} {
		conn, err := n.dial(session)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		p := &visitorPage{t: t, conn: conn}
		p.send(map[string]any{"t": "hello", "channel": "lobby"})
		f, err := p.read()
		if err != nil || f.Type != "error" || f.Code != "auth" {
			t.Errorf("session %s: %+v, %v", what, f, err)
		}
		if c := p.closed(); c.Code != closeSession {
			t.Errorf("session %s: closed with %v", what, c)
		}
	}
	for _, origin := range []string{"https://evil.example", "null"} {
		if _, err := n.dial(good.Session, "Origin", origin); err == nil || !strings.HasPrefix(err.Error(), "403") {
			t.Errorf("a socket from %s: %v", origin, err)
		}
	}
	if _, err := n.dial(good.Session, "Origin", "https://friend.example"); err != nil {
		t.Errorf("a socket from an allowed site: %v", err)
	}
}

// TestDirectMessagesArePrivate: nobody opens them but their visitor, and ids
// of other rooms lead nowhere.
func TestDirectMessagesArePrivate(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil)
	ann, eve := n.enter("dm", "Ann"), n.enter("lobby", "Eve")
	secret := ann.say("between us")
	for what, frame := range map[string]map[string]any{
		"edit":   {"t": "edit", "message": secret, "text": "changed"},
		"delete": {"t": "delete", "message": secret},
		"react":  {"t": "react", "message": secret, "emoji": "👍"},
		"press":  {"t": "press", "message": secret, "custom_id": "x"},
	} {
		if f := eve.ask(frame); f.Type != "error" || f.Code != string(envelope.CodeNotFound) {
			t.Errorf("%s of what is in another room: %+v", what, f)
		}
	}
	for room, want := range map[string]websocket.StatusCode{
		ann.welcome.Channel.ID: closeForbidden, "dm-": closeForbidden, "..": closeForbidden, "-presence": closeForbidden, "a/b": closeForbidden, "dm-../lobby": closeForbidden,
	} {
		conn, err := n.dial(eve.session)
		if err != nil {
			t.Fatal(err)
		}
		p := &visitorPage{t: t, conn: conn}
		p.send(map[string]any{"t": "hello", "channel": room})
		if f, err := p.read(); err != nil || f.Type != "error" {
			t.Errorf("room %q: %+v, %v", room, f, err)
		}
		if c := p.closed(); c.Code != want {
			t.Errorf("room %q: closed with %v", room, c)
		}
	}
	other := eve.ask(map[string]any{"t": "send", "text": "mine"})
	bob := n.enter("lobby", "Bob")
	for _, frame := range []map[string]any{{"t": "edit", "message": other.Message, "text": "his"}, {"t": "delete", "message": other.Message}} {
		if f := bob.ask(frame); f.Type != "error" || f.Code != string(envelope.CodeForbidden) {
			t.Errorf("%s of somebody else's message: %+v", frame["t"], f)
		}
	}
	_, up := eve.upload(n, "x", "text/plain", []byte("x"))
	if f := bob.ask(map[string]any{"t": "send", "text": "", "files": []any{up["blob"]}}); f.Type != "error" || f.Code != string(envelope.CodeNotFound) {
		t.Errorf("somebody else's upload: %+v", f)
	}
}

// TestPaths: what the HTTP side says to addresses that are none.
func TestPaths(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), map[string]any{"max_file": 1000})
	blob := n.adapter.hub.Load().files
	for path, want := range map[string]int{
		"": 200, "/": 200, "/lobby": 200, "/lobby/thread": 200, "/lobby/": 200, "/dm": 200,
		"/dm-" + strings.Repeat("a", visitorLen): 403, "/-": 404, "/-/": 404, "/-/nothing.js": 404, "/-/index.html": 404,
		"/lobby/thread/more": 404, "/%2e%2e": 404, "/..%2f..%2fetc": 404, "/a%00b": 404, "/" + strings.Repeat("a", 65): 404, "/<b>": 404,
		"/-/..%2f..%2fgo.mod": 404, "/-/file/": 404, "/-/file/x": 404, "/-/file/../app.js": 404, "/-/file/YmxvYjE.AAAA": 404,
		"/-/" + strings.TrimPrefix(blob.path("no such blob"), "-/"): 404, "/-/" + strings.TrimPrefix(blob.path("../../etc/passwd"), "-/"): 404,
	} {
		status, header, body := n.request(http.MethodGet, path, "")
		if status != want || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Content-Security-Policy") == "" ||
			header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("GET %s: %d %v %.100s", path, status, header, body)
		}
	}
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/-/session", 405},
		{"GET", "/-/files", 405},
		{"POST", "/-/socket", 405},
		{"DELETE", "", 405},
		{"POST", "/-/app.js", 405},
		{"GET", "/-/socket", 426},
		{"POST", "/-/files?name=x", 401},
	} {
		if status, _, body := n.request(c.method, c.path, ""); status != c.want {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, body)
		}
	}
	status, _, body := n.request("POST", "/-/files?name=x", strings.Repeat("x", 1001), "X-Postern-Session", n.session())
	if status != 413 || !strings.Contains(body, "at most 1000 bytes") {
		t.Errorf("a large file: %d %s", status, body)
	}

	_, header, page := n.request("GET", "/lobby", "")
	if p := header.Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'; script-src 'self';") || strings.Contains(p, "unsafe") {
		t.Errorf("the page's policy is %q", p)
	}
	if !strings.Contains(page, "<title>") {
		t.Errorf("the page is %.200s", page)
	}
	_, header, _ = n.request("GET", "/-/app.js", "")
	if status, _, _ := n.request("GET", "/-/app.js", "", "If-None-Match", header.Get("ETag")); status != 304 || header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("app.js again: %d, %v", status, header)
	}
}
