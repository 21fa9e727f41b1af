package webhook

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
	"github.com/posternhq/postern/platform/retry"
)

func opened(t *testing.T, a *Adapter) *platformtest.Host {
	t.Helper()
	host := platformtest.NewHost()
	if err := a.Open(t.Context(), host); err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = a.Close(context.Background()) })
	return host
}

func aPart(t *testing.T, a *Adapter) platform.Part {
	t.Helper()
	parts, err := a.Plan(platform.Operation{Key: "k", Envelope: &envelope.Outbound{
		Type: envelope.TypeMessage, ChannelID: "lobby", Text: "hello",
	}})
	if err != nil {
		t.Fatalf("Plan: %v", err)
	}
	platform.Number("postern:outbound:hook", "k", parts)
	return parts[0]
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", testSecret} {
		r := newReceiver(t, true)
		a := newAdapter(t, r.url(), map[string]any{"secret": secret})
		host := opened(t, a)
		host.SetNow(time.Unix(1700000000, 0))
		part := aPart(t, a)
		if _, err := a.Do(t.Context(), part); err != nil {
			t.Fatalf("Do: %v", err)
		}
		host.SetNow(time.Unix(1700000060, 0))
		if _, err := a.Do(t.Context(), part); err != nil {
			t.Fatalf("Do again: %v", err)
		}
		for i, stamp := range []string{"1700000000", "1700000060"} {
			got := r.got()[i]
			want := map[string]string{
				"Webhook-Id": "msg_" + part.Key, "Webhook-Timestamp": stamp, "Webhook-Signature": "", "Content-Type": "application/json",
			}
			if secret != "" {
				want["Webhook-Signature"] = sign(mustSecret(t, secret), "msg_"+part.Key, stamp, got.body)
			}
			for name, value := range want {
				if got.header.Get(name) != value {
					t.Errorf("attempt %d, secret %q: %s is %q; want %q", i, secret, name, got.header.Get(name), value)
				}
			}
			if _, there := got.header["Idempotency-Key"]; there {
				t.Error("the marker for net/http was sent")
			}
			if user, password, _ := (&http.Request{Header: got.header}).BasicAuth(); user != "user" || password != testUser {
				t.Error("the URL's user was not sent")
			}
		}
	}
}

func TestAnswersTaken(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxMessageID+1)
	for _, c := range []struct {
		name, body string
		status     int
		own        string // "" = the webhook-id
		warned     bool
	}{
		{name: "its own id", status: 200, body: `{"message_id":"m-17","more":1}`, own: "m-17"},
		{name: "nothing", status: 204},
		{name: "no JSON", status: 200, body: "ok"},
		{name: "another JSON", status: 202, body: `[1]`},
		{name: "no id in it", status: 201, body: `{}`},
		{name: "null", status: 200, body: `{"message_id":null}`},
		{name: "a number", status: 200, body: `{"message_id":17}`, warned: true},
		{name: "too long", status: 200, body: `{"message_id":"` + long + `"}`, warned: true},
		{name: "cut off by our cap", status: 200, body: `{"pad":"` + strings.Repeat("x", maxAnswer) + `","message_id":"m"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, true)
			r.answers(c.status, c.body)
			a := newAdapter(t, r.url(), nil)
			opened(t, a)
			part := aPart(t, a)
			got, err := a.Do(t.Context(), part)
			want := c.own
			if want == "" {
				want = "msg_" + part.Key
			}
			if err != nil || got.MessageID != want || (len(got.Warnings) > 0) != c.warned {
				t.Errorf("got %+v, %v; want id %q, warned %v", got, err, want, c.warned)
			}
		})
	}
}

func TestAnswersRefused(t *testing.T) {
	t.Parallel()
	const no, unknown = platform.SentNo, platform.SentUnknown
	for _, c := range []struct {
		status  int
		after   string
		keyed   envelope.Code
		keyless envelope.Code
		sent    platform.Sent
		wait    time.Duration
	}{
		{429, "7", envelope.CodeRateLimited, envelope.CodeRateLimited, no, 7 * time.Second},
		{429, "Tue, 14 Nov 2023 22:14:20 GMT", envelope.CodeRateLimited, envelope.CodeRateLimited, no, time.Minute},
		{429, "99999999999", envelope.CodeRateLimited, envelope.CodeRateLimited, no, retry.Most},
		{429, "", envelope.CodeTransient, envelope.CodeTransient, no, 0},
		{429, "1.5", envelope.CodeRateLimited, envelope.CodeRateLimited, no, 1500 * time.Millisecond},
		{429, "0", envelope.CodeTransient, envelope.CodeTransient, no, 0},
		{429, "soon", envelope.CodeTransient, envelope.CodeTransient, no, 0},
		{429, "Tue, 14 Nov 2023 22:00:00 GMT", envelope.CodeTransient, envelope.CodeTransient, no, 0},
		{503, "3", envelope.CodeRateLimited, envelope.CodeRateLimited, no, 3 * time.Second},
		{503, "", envelope.CodeTransient, envelope.CodeUnknown, unknown, 0},
		{500, "3", envelope.CodeTransient, envelope.CodeUnknown, unknown, 0},
		{502, "", envelope.CodeTransient, envelope.CodeUnknown, unknown, 0},
		{408, "", envelope.CodeTransient, envelope.CodeTransient, no, 0},
		{425, "", envelope.CodeTransient, envelope.CodeTransient, no, 0},
		{401, "", envelope.CodeAuth, envelope.CodeAuth, no, 0},
		{403, "", envelope.CodeAuth, envelope.CodeAuth, no, 0},
		{404, "", envelope.CodeNotFound, envelope.CodeNotFound, no, 0},
		{410, "", envelope.CodeNotFound, envelope.CodeNotFound, no, 0},
		{413, "", envelope.CodeTooLarge, envelope.CodeTooLarge, no, 0},
		{400, "", envelope.CodeInvalid, envelope.CodeInvalid, no, 0},
		{422, "", envelope.CodeInvalid, envelope.CodeInvalid, no, 0},
		{301, "", envelope.CodeInvalid, envelope.CodeInvalid, no, 0},
		{304, "", envelope.CodeInvalid, envelope.CodeInvalid, no, 0},
		{307, "", envelope.CodeInvalid, envelope.CodeInvalid, no, 0},
	} {
		for keyed, code := range map[bool]envelope.Code{true: c.keyed, false: c.keyless} {
			r := newReceiver(t, keyed)
			r.answers(c.status, "", "Retry-After", c.after, "Date", "Tue, 14 Nov 2023 22:13:20 GMT", "Location", "/elsewhere")
			a := newAdapter(t, r.url(), map[string]any{"idempotent": keyed})
			opened(t, a).SetNow(time.Unix(1700003600, 0)) // an hour ahead of the receiver's
			_, err := a.Do(t.Context(), aPart(t, a))
			e := platform.AsError(err)
			if err == nil || e.Code != code || e.Sent != c.sent || e.RetryAfter != c.wait || e.Gate != platform.GateChannel {
				t.Errorf("%d, Retry-After %q, idempotent %v: got %v, sent=%v, wait %v; want %s, sent=%v, wait %v",
					c.status, c.after, keyed, err, e.Sent, e.RetryAfter, code, c.sent, c.wait)
			}
			if n := r.Requests(); n != 1 {
				t.Errorf("%d: %d requests; want one, followed nowhere", c.status, n)
			}
		}
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, true)
	r.Fail(platformtest.FaultSilent)
	a := newAdapter(t, r.url(), map[string]any{"timeout": 50 * time.Millisecond})
	opened(t, a)
	_, err := a.Do(t.Context(), aPart(t, a))
	e := platform.AsError(err)
	if err == nil || e.Code != envelope.CodeTransient || e.Sent != platform.SentUnknown || !strings.Contains(e.Message, "within 50ms") {
		t.Errorf("got %v, sent=%v; want transient, sent=unknown, naming the timeout", err, e.Sent)
	}
}

// TestHandshake: a receiver that never finishes TLS was sent nothing.
func TestHandshake(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("this is no TLS\n"))
			_ = c.Close()
		}
	}()
	a := newAdapter(t, "https://"+listener.Addr().String()+"/", map[string]any{"idempotent": false})
	opened(t, a)
	_, err = a.Do(t.Context(), aPart(t, a))
	if e := platform.AsError(err); err == nil || e.Code != envelope.CodeUnavailable || e.Sent != platform.SentNo {
		t.Errorf("got %v, sent=%v; want unavailable, sent=no", err, e.Sent)
	}
}

// TestConnectionsAreKept: one after the other needs one connection, but for
// a receiver without a key, where each needs its own.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	for keyed, want := range map[bool]int{true: 1, false: 5} {
		r := newReceiver(t, keyed)
		addrs := map[string]bool{}
		r.mu.Lock()
		r.answer = func(_ http.ResponseWriter, q *http.Request) {
			r.mu.Lock()
			defer r.mu.Unlock()
			addrs[q.RemoteAddr] = true
		}
		r.mu.Unlock()
		a := newAdapter(t, r.url(), map[string]any{"idempotent": keyed})
		opened(t, a)
		for range 5 {
			if _, err := a.Do(t.Context(), aPart(t, a)); err != nil {
				t.Fatalf("Do: %v", err)
			}
		}
		if len(addrs) != want {
			t.Errorf("idempotent %v: %d connections for 5 requests; want %d", keyed, len(addrs), want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		values map[string]any
		want   string
	}{
		{"no url", map[string]any{"url": ""}, "url is empty"},
		{"a scheme we do not speak", map[string]any{"url": "ftp://" + testToken + "/"}, `scheme "ftp"`},
		{"no scheme", map[string]any{"url": "example.com/hook?" + testToken}, `scheme ""`},
		{"no host", map[string]any{"url": "https:///" + testToken}, "no host"},
		{"no URL", map[string]any{"url": "http://[" + testToken}, "cannot be read"},
		{"a broken secret", map[string]any{"url": "http://h/", "secret": "whsec_" + testToken}, "not base64"},
		{"no time at all", map[string]any{"url": "http://h/", "timeout": time.Duration(0)}, "timeout"},
	} {
		values := map[string]any{"timeout": time.Second}
		for k, v := range c.values {
			values[k] = v
		}
		_, err := New(platform.Settings{Name: "hook", Values: values})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v; want %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), testToken) {
			t.Errorf("%s: the error tells the credentials: %v", c.name, err)
		}
	}
}
