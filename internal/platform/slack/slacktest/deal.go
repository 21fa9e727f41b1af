package slacktest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// parcel is something that the app is to be told, until it has acknowledged it.
type parcel struct {
	id      string
	kind    string // events_api, slash_commands, interactive
	payload json.RawMessage
	again   bool // events are dealt again, what a person did is not
	attempt int
	acked   chan struct{}
}

// bring has an event dealt. The mutex is held.
func (s *Server) bring(event values) {
	s.serial++
	s.deal("events_api", values{
		"token": "legacy", "team_id": TeamID, "api_app_id": AppID, "type": "event_callback", "event_id": "Ev" + strconv.Itoa(s.serial),
		"event_time": time.Now().Unix(), "event": event, "authorizations": []any{values{"team_id": TeamID, "user_id": BotUID, "is_bot": true}},
	}, false)
}

// deal tells the app something, over one of its connections or at its address.
// once: it is not told again. The mutex is held.
func (s *Server) deal(kind string, payload values, once bool) {
	raw, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	s.serial++
	p := &parcel{id: "env-" + strconv.Itoa(s.serial), kind: kind, payload: raw, again: !once, acked: make(chan struct{})}
	s.pending++
	s.sockets.queue(p)
	s.posts.Go(func() {
		defer func() {
			s.mu.Lock()
			s.pending--
			s.mu.Unlock()
			s.Tell()
		}()
		s.tell(p)
	})
}

// tell tells it until it is acknowledged, or as often as Slack does.
func (s *Server) tell(p *parcel) {
	for {
		s.mu.Lock()
		hook, waits := s.hookURL, s.retry
		s.mu.Unlock()
		var taken bool
		if hook != "" {
			taken = s.postTo(hook, p)
		} else {
			taken = s.sockets.send(p, s.closed)
		}
		if taken || !p.again || p.attempt >= 200 {
			return
		}
		wait := waits[min(p.attempt, len(waits)-1)]
		p.attempt++
		select {
		case <-time.After(wait):
		case <-s.closed:
			return
		}
	}
}

// Hook has everything posted to an address, instead of over connections.
func (s *Server) Hook(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hookURL = address
}

// Sign is the signature of a body at a time.
func Sign(at int64, body []byte) string {
	mac := hmac.New(sha256.New, []byte(SigningSecret))
	mac.Write([]byte("v0:" + strconv.FormatInt(at, 10) + ":"))
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// postTo posts something as the Events API does.
func (s *Server) postTo(address string, p *parcel) bool {
	body, kind := []byte(p.payload), "application/json"
	if p.kind != "events_api" {
		form := url.Values{}
		if p.kind == "interactive" {
			form.Set("payload", string(p.payload))
		} else {
			fields := values{}
			_ = json.Unmarshal(p.payload, &fields)
			for name := range fields {
				form.Set(name, fields.text(name))
			}
		}
		body, kind = []byte(form.Encode()), "application/x-www-form-urlencoded"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	at := time.Now().Unix()
	r.Header.Set("Content-Type", kind)
	r.Header.Set("X-Slack-Request-Timestamp", strconv.FormatInt(at, 10))
	r.Header.Set("X-Slack-Signature", Sign(at, body))
	if p.attempt > 0 {
		r.Header.Set("X-Slack-Retry-Num", strconv.Itoa(p.attempt))
		r.Header.Set("X-Slack-Retry-Reason", "http_error")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// Pending counts what the app has not acknowledged yet, and may still be told.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending
}

// Echo sets whether the app is told of its own messages, as on Slack.
func (s *Server) Echo(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.echoes = is
}
