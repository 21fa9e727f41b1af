package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

const goodEvent = `{"event":"message","channel_id":"lobby","user_id":"ann","event_id":"e1","content":"hello"}`

// posted makes a request that arrived on a loopback address, at a gateway
// that listens there only.
func posted(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/hooks/hook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	return arrivedAt(r, "127.0.0.1")
}

func arrivedAt(r *http.Request, ip string) *http.Request {
	ctx := platform.WithHookLocal(r.Context(), true)
	return r.WithContext(context.WithValue(ctx, http.LocalAddrContextKey, &net.TCPAddr{IP: net.ParseIP(ip), Port: 8080}))
}

// everywhere is r at a gateway that listens on every address.
func everywhere(r *http.Request) *http.Request {
	return r.WithContext(platform.WithHookLocal(r.Context(), false))
}

func serve(a *Adapter, r *http.Request) (status int, said struct {
	EventID string         `json:"event_id"`
	Error   envelope.Error `json:"error"`
},
) {
	w := httptest.NewRecorder()
	a.ServeHook(w, r)
	if err := json.NewDecoder(w.Body).Decode(&said); err != nil {
		said.Error.Message = "the answer is no JSON: " + err.Error()
	}
	return w.Code, said
}

func TestHookTakes(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, "http://127.0.0.1:1/", nil)
	host := opened(t, a)
	host.SetNow(time.Unix(1700000000, 500_000_000))
	status, said := serve(a, posted(goodEvent))
	if status != http.StatusAccepted || said.EventID != "e1" {
		t.Fatalf("answered %d %+v; want 202 and the event's id", status, said)
	}
	got := host.Events()
	if len(got) != 1 || got[0].Content != "hello" || got[0].ChannelID != "lobby" || got[0].UserID != "ann" || got[0].Timestamp != 1700000000.5 {
		t.Errorf("published %+v", got)
	}
}

func TestHookFallsBackToTheWebhookID(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, "http://127.0.0.1:1/", nil)
	opened(t, a)
	r := posted(strings.Replace(goodEvent, `"event_id":"e1",`, "", 1))
	r.Header.Set(headerID, "msg_1")
	if status, said := serve(a, r); status != http.StatusAccepted || said.EventID != "msg_1" {
		t.Errorf("answered %d %+v; want 202 and msg_1", status, said)
	}
}

func TestHookSigned(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, "http://127.0.0.1:1/", map[string]any{"secret": testSecret})
	host := opened(t, a)
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	signed := arrivedAt(posted(goodEvent), "192.0.2.1")
	signed.Header.Set(headerID, "msg_1")
	signed.Header.Set(headerTimestamp, stamp)
	signed.Header.Set(headerSignature, sign(mustSecret(t, testSecret), "msg_1", stamp, []byte(goodEvent)))
	if status, said := serve(a, signed); status != http.StatusAccepted {
		t.Errorf("signed, from elsewhere: answered %d %+v", status, said)
	}
	if status, said := serve(a, posted(goodEvent)); status != http.StatusUnauthorized || said.Error.Code != envelope.CodeAuth {
		t.Errorf("unsigned, on loopback: answered %d %+v; want 401, since there is a secret", status, said)
	}
	if n := len(host.Events()); n != 1 {
		t.Errorf("%d events published; want the signed one", n)
	}
}

func TestHookUnsignedIsForLoopback(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, "http://127.0.0.1:1/", nil)
	host := opened(t, a)
	browser := posted(goodEvent)
	browser.Header.Set("Origin", "http://127.0.0.1:8080")
	for name, r := range map[string]*http.Request{
		"on another address":               arrivedAt(posted(goodEvent), "192.0.2.1"),
		"from a browser":                   browser,
		"a proxy beside a public listener": everywhere(posted(goodEvent)),
	} {
		if status, said := serve(a, r); status != http.StatusForbidden || said.Error.Message == "" {
			t.Errorf("%s: answered %d %+v; want 403 and why", name, status, said)
		}
	}
	if status, _ := serve(a, arrivedAt(posted(goodEvent), "::1")); status != http.StatusAccepted {
		t.Errorf("on ::1: answered %d; want 202", status)
	}
	if n := len(host.Events()); n != 1 {
		t.Errorf("%d events published; want one", n)
	}
}

func TestOpenWarnsThatNobodyMayPost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		secret string
		local  bool
		warns  int
	}{{"", true, 0}, {"", false, 1}, {testSecret, false, 0}} {
		a := newAdapter(t, "http://127.0.0.1:1/", map[string]any{"secret": c.secret})
		host := platformtest.NewHost()
		if err := a.Open(platform.WithHookLocal(t.Context(), c.local), host); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(host.Logged(), "http.listen is not on loopback"); got != c.warns {
			t.Errorf("secret %v, loopback %v: %d warnings, want %d; log: %s", c.secret != "", c.local, got, c.warns, host.Logged())
		}
		_ = a.Close(t.Context())
	}
}

func TestHookRefuses(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, "http://127.0.0.1:1/", nil)
	host := opened(t, a)
	with := func(pairs ...string) string {
		return strings.NewReplacer(pairs...).Replace(goodEvent)
	}
	get := posted("")
	get.Method = http.MethodGet
	form := posted("event=message")
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	broken := posted("")
	broken.Body = io.NopCloser(io.MultiReader(strings.NewReader(goodEvent[:9]), errorReader{}))
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		code   envelope.Code
		field  string
	}{
		{"GET", get, 405, envelope.CodeInvalid, ""},
		{"a form", form, 415, envelope.CodeInvalid, ""},
		{"a body that breaks off", broken, 400, envelope.CodeInvalid, ""},
		{"too much", posted(`{"x":"` + strings.Repeat("y", maxEvent) + `"}`), 413, envelope.CodeTooLarge, ""},
		{"nothing", posted(""), 400, envelope.CodeUndecodable, ""},
		{"a list", posted("[]"), 400, envelope.CodeUndecodable, ""},
		{"cut off", posted(goodEvent[:20]), 400, envelope.CodeUndecodable, ""},
		{"two objects", posted(goodEvent + goodEvent), 400, envelope.CodeUndecodable, ""},
		{"bad UTF-8", posted(with("hello", "\xff")), 400, envelope.CodeUndecodable, ""},
		{"null", posted("null"), 400, envelope.CodeInvalid, "event"},
		{"an event nobody knows", posted(with("message", "telepathy")), 400, envelope.CodeInvalid, "event"},
		{"the gateway's own event", posted(with("message", "status")), 400, envelope.CodeInvalid, "event"},
		{"no channel", posted(with("lobby", "")), 400, envelope.CodeInvalid, "channel_id"},
		{"no user", posted(with(`"ann"`, `""`)), 400, envelope.CodeInvalid, "user_id"},
		{"no event_id", posted(with(`"e1"`, `""`)), 400, envelope.CodeInvalid, "event_id"},
		{"a long event_id", posted(with("e1", strings.Repeat("e", maxEventID+1))), 400, envelope.CodeInvalid, "event_id"},
		{"an edit of nothing", posted(with("message", "edit")), 400, envelope.CodeInvalid, "message_id"},
		{"a number for a name", posted(with(`"ann"`, `7`)), 400, envelope.CodeInvalid, "user_id"},
		{"a reaction without one", posted(with(`"message"`, `"reaction","message_id":"m"`)), 400, envelope.CodeInvalid, "emoji"},
		{"a member who waits", posted(with(`"message"`, `"member","target_user":"b","member":"waits"`)), 400, envelope.CodeInvalid, "member"},
		{"somebody's blob", posted(with(`"content"`, `"attachments":[{"blob":"b"}],"content"`)), 400, envelope.CodeInvalid, "attachments[0].blob"},
	} {
		status, said := serve(a, c.r)
		if status != c.status || said.Error.Code != c.code || said.Error.Field != c.field || said.Error.Message == "" {
			t.Errorf("%s: answered %d %+v; want %d, %s at %q", c.name, status, said, c.status, c.code, c.field)
		}
	}
	if events := host.Events(); len(events) > 0 {
		t.Errorf("published %+v", events)
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestHookTellsReceivedOnlyAfterTheRecord: what cannot be recorded is to be
// sent again.
func TestHookTellsReceivedOnlyAfterTheRecord(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, "http://127.0.0.1:1/", nil)
	if status, _ := serve(a, posted(goodEvent)); status != http.StatusServiceUnavailable {
		t.Errorf("before Open: answered %d; want 503", status)
	}
	host := opened(t, a)
	host.FailPublish(errors.New("redis is gone"))
	if status, said := serve(a, posted(goodEvent)); status != http.StatusServiceUnavailable || strings.Contains(said.Error.Message, "redis") {
		t.Errorf("answered %d %+v; want 503 without the inside of it", status, said)
	}
	host.FailPublish(nil)
	for range 2 {
		if status, _ := serve(a, posted(goodEvent)); status != http.StatusAccepted {
			t.Errorf("sent again: answered %d; want 202", status)
		}
	}
	if n := len(host.Events()); n != 1 {
		t.Errorf("%d events; want one", n)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(goodEvent), "id")
	f.Add([]byte(`{"event":"member","channel_id":"c","user_id":"u","member":"left","target_user":"t"}`), "id")
	f.Add([]byte(`{"attachments":[null],"raw":{"a":[]}}`), "")
	f.Fuzz(func(t *testing.T, body []byte, id string) {
		e, bad := decode(body, id)
		if bad != nil {
			if bad.Code == "" || bad.Message == "" {
				t.Errorf("refused without saying why: %+v", bad)
			}
			return
		}
		if _, known := needs(e.Event); !known || e.ChannelID == "" || e.UserID == "" || e.EventID == "" {
			t.Errorf("took %+v", e)
		}
		if _, err := json.Marshal(e); err != nil {
			t.Errorf("took what cannot be written again: %v", err)
		}
	})
}
