package slack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/respond"
	"github.com/posternhq/postern/platform"
)

const (
	maxEvent = 4 << 20 // bytes
	staleAge = 5 * time.Minute

	signatureHeader = "X-Slack-Signature"
	timeHeader      = "X-Slack-Request-Timestamp"
)

// ServeHook takes what Slack posts: events as JSON, commands and interactions as
// a form, all at one address. It answers 200 only after what it says is
// recorded. An event that was answered otherwise is sent again, up to three
// times, with X-Slack-Retry-Num; of a click that was not, the person is told.
func (a *Adapter) ServeHook(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code envelope.Code, message string) {
		respond.Error(w, status, envelope.Error{Code: code, Message: message})
	}
	host := a.host.Load()
	switch {
	case a.config.appToken != "":
		refuse(http.StatusNotFound, envelope.CodeNotFound, "this bot takes its events by Socket Mode; set events: http")
		return
	case host == nil:
		refuse(http.StatusServiceUnavailable, envelope.CodeUnavailable, "this platform is not open on this node; send it again")
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		refuse(http.StatusMethodNotAllowed, envelope.CodeInvalid, "events are posted")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if err != nil {
		refuse(http.StatusBadRequest, envelope.CodeInvalid, "it could not be read whole")
		return
	}
	if why := a.unsigned(r.Header, body, host.Now()); why != "" {
		refuse(http.StatusUnauthorized, envelope.CodeAuth, why)
		return
	}
	kind, payload, ok := posted(r.Header.Get("Content-Type"), body)
	if !ok {
		refuse(http.StatusBadRequest, envelope.CodeInvalid, "expected an event as JSON, or a command or an interaction as a form")
		return
	}
	if kind == takesEvent {
		var c callback
		if json.Unmarshal(payload, &c) == nil && c.Type == "url_verification" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, c.Challenge)
			return
		}
	}
	taken := make(chan error, 1)
	if !a.begin(func(life context.Context) {
		taken <- a.takePosted(life, host, kind, payload, r.Header.Get("X-Slack-Retry-Num"))
	}) {
		refuse(http.StatusServiceUnavailable, envelope.CodeUnavailable, "this platform is not open on this node; send it again")
		return
	}
	select {
	case err := <-taken:
		if err != nil {
			refuse(http.StatusServiceUnavailable, envelope.CodeUnavailable, "it could not be recorded; send it again")
			return
		}
		w.WriteHeader(http.StatusOK)
	case <-r.Context().Done(): // Slack hangs up after three seconds; when it posts it again, it is found recorded
	}
}

// takePosted takes what was posted, whether or not Slack still waits for it: a
// file may take longer than Slack does.
func (a *Adapter) takePosted(life context.Context, host platform.Host, kind string, payload json.RawMessage, retry string) error {
	err := a.take(life, host, kind, payload)
	if err != nil {
		host.Log().Warn("something that Slack posted could not be recorded; Slack sends it again", "kind", kind, "retry", retry, "error", err)
	}
	return err
}

// unsigned says why a request is not Slack's, or not of now
// (docs.slack.dev/authentication/verifying-requests-from-slack).
func (a *Adapter) unsigned(h http.Header, body []byte, now time.Time) (why string) {
	at, err := strconv.ParseInt(h.Get(timeHeader), 10, 64)
	if err != nil {
		return timeHeader + " is missing or no time"
	}
	if age := now.Sub(time.Unix(at, 0)); age > staleAge || age < -staleAge {
		return timeHeader + " is more than 5 minutes off: it was sent before, or a clock is wrong"
	}
	if !hmac.Equal([]byte(h.Get(signatureHeader)), []byte(signature(a.config.secret, at, body))) {
		return signatureHeader + " is not made with this app's signing secret"
	}
	return ""
}

// signature is what Slack signs a request with.
func signature(secret string, at int64, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + strconv.FormatInt(at, 10) + ":"))
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// posted tells what a request brings, in the form that Socket Mode has it in.
func posted(contentType string, body []byte) (kind string, payload json.RawMessage, ok bool) {
	media, _, _ := mime.ParseMediaType(contentType)
	if media != "application/x-www-form-urlencoded" {
		return takesEvent, body, json.Valid(body)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", nil, false
	}
	if text := form.Get("payload"); text != "" {
		return takesPayload, json.RawMessage(text), json.Valid([]byte(text))
	}
	fields := map[string]string{}
	for name := range form {
		fields[name] = form.Get(name)
	}
	payload, err = json.Marshal(fields)
	return takesSlash, payload, err == nil && fields["command"] != ""
}
