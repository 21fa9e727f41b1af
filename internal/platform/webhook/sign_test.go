package webhook

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The example of the Standard Webhooks specification.
const (
	vectorSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorTimestamp = "1614265330"
	vectorBody      = `{"test": 2432232314}`
	vectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func mustSecret(t *testing.T, s string) []byte {
	t.Helper()
	b, err := readSecret(s)
	if err != nil {
		t.Fatalf("readSecret: %v", err)
	}
	return b
}

func TestSignsLikeTheSpecification(t *testing.T) {
	t.Parallel()
	if got := sign(mustSecret(t, vectorSecret), vectorID, vectorTimestamp, []byte(vectorBody)); got != vectorSignature {
		t.Errorf("signature %s; the specification has %s", got, vectorSignature)
	}
}

func TestReadSecret(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"whsec_aGVsbG8=", "hello"},
		{"just some text", "just some text"},
		{"", ""},
	} {
		if got, err := readSecret(c.in); err != nil || string(got) != c.want {
			t.Errorf("readSecret(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
	}
	for _, bad := range []string{"whsec_", "whsec_not base64 at all!"} {
		got, err := readSecret(bad)
		if err == nil {
			t.Errorf("readSecret(%q) = %q; want an error", bad, got)
		} else if rest := strings.TrimPrefix(bad, secretPrefix); rest != "" && strings.Contains(err.Error(), rest) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	now := time.Unix(1614265330, 0)
	for _, c := range []struct {
		name   string
		change func(http.Header)
		body   string
		now    time.Time
		want   string // part of the error; "" = none
	}{
		{name: "as signed"},
		{name: "at the edge of the tolerance, late", now: now.Add(tolerance)},
		{name: "at the edge of the tolerance, early", now: now.Add(-tolerance)},
		{name: "too late", now: now.Add(tolerance + time.Second), want: "off our clock"},
		{name: "too early", now: now.Add(-tolerance - time.Second), want: "off our clock"},
		{name: "another body", body: `{"test": 1}`, want: "no v1 signature in it fits"},
		{name: "another id", change: func(h http.Header) { h.Set(headerID, "msg_other") }, want: "no v1 signature in it fits"},
		{name: "another time", change: func(h http.Header) { h.Set(headerTimestamp, "1614265331") }, want: "no v1 signature in it fits"},
		{name: "no id", change: func(h http.Header) { h.Del(headerID) }, want: "no webhook-id header"},
		{name: "no time", change: func(h http.Header) { h.Del(headerTimestamp) }, want: "no webhook-timestamp header"},
		{name: "no signature", change: func(h http.Header) { h.Del(headerSignature) }, want: "no webhook-signature header"},
		{name: "one of several", change: func(h http.Header) {
			h.Set(headerSignature, "v1a,c29tZXRoaW5n v1,bm90IGl0 "+vectorSignature)
		}},
		{name: "without its version", change: func(h http.Header) {
			h.Set(headerSignature, strings.TrimPrefix(vectorSignature, signatureV1))
		}, want: "no v1 signature in it fits"},
		{name: "cut short", change: func(h http.Header) { h.Set(headerSignature, "v1,g0hM") }, want: "no v1 signature in it fits"},
		{name: "time that is no number", change: func(h http.Header) {
			h.Set(headerTimestamp, "soon")
			h.Set(headerSignature, sign(mustSecret(t, vectorSecret), vectorID, "soon", []byte(vectorBody)))
		}, want: "not a whole number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			h.Set(headerID, vectorID)
			h.Set(headerTimestamp, vectorTimestamp)
			h.Set(headerSignature, vectorSignature)
			if c.change != nil {
				c.change(h)
			}
			body, at := c.body, c.now
			if body == "" {
				body = vectorBody
			}
			if at.IsZero() {
				at = now
			}
			err := verify(mustSecret(t, vectorSecret), h, []byte(body), at)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v; want an error with %q", err, c.want)
			}
		})
	}
}
