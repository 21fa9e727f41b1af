package slack

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/platform/slack/slacktest"
)

// hooked is an address that an adapter's hook answers at.
func hooked(t *testing.T, a *Adapter) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(a.ServeHook))
	t.Cleanup(server.Close)
	return server.URL
}

// TestHookKnowsSlack: what is signed, of now and of a form that Slack sends is
// taken; all else is refused.
func TestHookKnowsSlack(t *testing.T) {
	t.Parallel()
	_, a := start(t, map[string]any{"events": eventsHTTP})
	opened(t, a, nil)
	now := time.Now().Unix()
	challenge := `{"type":"url_verification","challenge":"abc","token":"x"}`
	for name, c := range map[string]struct {
		at     int64
		body   string
		kind   string
		forged bool
		method string
		want   int
	}{
		"the first question":    {at: now, body: challenge, want: 200},
		"a form of nothing":     {at: now, body: "x=1", kind: "application/x-www-form-urlencoded", want: 400},
		"a broken payload":      {at: now, body: "payload=%7B", kind: "application/x-www-form-urlencoded", want: 400},
		"no JSON":               {at: now, body: "{", want: 400},
		"an event to come":      {at: now, body: `{"type":"event_callback","event":{"type":"new"}}`, want: 200},
		"what cannot be read":   {at: now, body: `{"type":"event_callback","event":7}`, want: 200},
		"six minutes old":       {at: now - 360, body: challenge, want: 401},
		"from the future":       {at: now + 360, body: challenge, want: 401},
		"another's signature":   {at: now, body: challenge, forged: true, want: 401},
		"a look at the address": {at: now, method: http.MethodGet, want: 405},
	} {
		method := c.method
		if method == "" {
			method = http.MethodPost
		}
		r := httptest.NewRequest(method, "/hooks/slack", strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		r.Header.Set(timeHeader, strconv.FormatInt(c.at, 10))
		signed := slacktest.Sign(c.at, []byte(c.body))
		if c.forged {
			signed = signed[:len(signed)-1] + "z"
		}
		r.Header.Set(signatureHeader, signed)
		w := httptest.NewRecorder()
		a.ServeHook(w, r)
		if w.Code != c.want {
			t.Errorf("%s is answered %d: %s; want %d", name, w.Code, w.Body, c.want)
		}
		if name == "the first question" && w.Body.String() != "abc" {
			t.Errorf("the challenge is answered %q", w.Body)
		}
	}
}

// posting is a message with a file, as Slack posts it, until ctx ends.
func posting(ctx context.Context, t *testing.T, s *slacktest.Server, address, file string) *http.Request {
	t.Helper()
	body := fmt.Sprintf(`{"type":"event_callback","team_id":"T0TEAM","event_id":"Ev1","event_time":1700000000,"event":{"type":"message","subtype":"file_share",`+
		`"channel":"C0CREW","channel_type":"channel","user":"U0ANN","ts":"1700000000.000200","text":"look","files":[{"id":%q,"name":"a.txt","mimetype":"text/plain","size":1,"url_private_download":%q}]}}`,
		file, strings.TrimSuffix(s.URL, "/api")+"/files/"+file+"/download/a.txt")
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Unix()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(timeHeader, strconv.FormatInt(at, 10))
	r.Header.Set(signatureHeader, slacktest.Sign(at, []byte(body)))
	return r
}

// TestASlowFileComesThrough: Slack waits three seconds for its answer, and a file
// may take longer. What is under way then goes on, and Slack's repetition finds it
// done.
func TestASlowFileComesThrough(t *testing.T) {
	t.Parallel()
	s, a := start(t, map[string]any{"events": eventsHTTP})
	host := opened(t, a, nil)
	gone := make(chan struct{}, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		context.AfterFunc(r.Context(), func() { gone <- struct{}{} })
		a.ServeHook(w, r)
	}))
	t.Cleanup(server.Close)
	file := s.Upload("a.txt", "text/plain", []byte("a"))
	letGo := s.HoldFiles()
	defer letGo()
	ctx, hangUp := context.WithCancel(t.Context())
	go func() {
		<-s.Arrived()
		hangUp()
	}()
	if answer, err := http.DefaultClient.Do(posting(ctx, t, s, server.URL, file)); err == nil {
		_ = answer.Body.Close()
		t.Fatalf("answered %d before the file was there", answer.StatusCode)
	}
	<-gone // the node has heard that Slack hung up
	letGo()
	if e := host.WaitEvents(t, 1)[0]; len(e.Attachments) != 1 || e.Attachments[0].Blob == "" {
		t.Errorf("it came with %+v", e.Attachments)
	}
	answer, err := http.DefaultClient.Do(posting(t.Context(), t, s, server.URL, file))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK || len(host.Events()) != 1 {
		t.Errorf("the repetition was answered %d, and there are %d events", answer.StatusCode, len(host.Events()))
	}
}

// TestAFileIsNotLostToAHandover: who is closed while a file is fetched records
// nothing, least of all the message without its file; Slack brings it again.
func TestAFileIsNotLostToAHandover(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	letGo := s.HoldFiles()
	defer letGo()
	s.Say(crew, "U0ANN", "look", map[string]any{"files": []string{s.Upload("a.txt", "text/plain", []byte("a"))}})
	<-s.Arrived()
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(host.Events()); n != 0 {
		t.Fatalf("%d events were recorded", n)
	}
	letGo()
	other := newAdapter(t, s, nil)
	opened(t, other, host)
	if e := host.WaitEvents(t, 1)[0]; len(e.Attachments) != 1 || e.Attachments[0].Blob == "" {
		t.Errorf("it came with %+v", e.Attachments)
	}
}

// TestTheSignatureIsSlacks: the example of docs.slack.dev/authentication/
// verifying-requests-from-slack.
func TestTheSignatureIsSlacks(t *testing.T) {
	t.Parallel()
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	want := "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	if got := signature("8f742231b10e8888abcd99yyyzzz85a5", 1531420618, []byte(body)); got != want {
		t.Errorf("got %s", got)
	}
}
