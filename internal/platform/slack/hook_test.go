package slack

import (
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
