package telegram

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/telegram/telegramtest"
	"github.com/posternhq/postern/platform"
)

// before puts somebody before a server, who may answer in its place.
func before(t *testing.T, s *telegramtest.Server, answers func(w http.ResponseWriter, method string) bool) {
	t.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answers(w, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]) {
			s.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	s.URL = front.URL
}

// TestAStrangersAnswer: what a proxy says, in whatever form, is no verdict of
// Telegram's on the message: nothing dies of it.
func TestAStrangersAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		sent   platform.Sent
	}{
		{403, `{"message": "blocked"}`, platform.SentNo},
		{404, `{"message": "no route"}`, platform.SentNo},
		{401, `{"error": "who are you?"}`, platform.SentNo},
		{400, `[]`, platform.SentNo},
		{429, `<html>`, platform.SentNo},
		{200, `{}`, platform.SentUnknown},
		{200, `null`, platform.SentUnknown},
		{200, `welcome`, platform.SentUnknown},
		{502, `{"message": "bad gateway"}`, platform.SentUnknown},
		{504, ``, platform.SentUnknown},
	} {
		s := telegramtest.New(t)
		before(t, s, func(w http.ResponseWriter, method string) bool {
			if method != "sendMessage" {
				return false
			}
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
			return true
		})
		a := newAdapter(t, s, nil)
		opened(t, a, nil)
		parts, err := a.Plan(platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: "1000", Text: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Do(t.Context(), parts[0])
		e := platform.AsError(err)
		if err == nil || e.Code != envelope.CodeTransient && e.Code != envelope.CodeUnknown || e.Sent != c.sent {
			t.Errorf("%d %s: %v, sent=%v; want it tried again, sent=%v", c.status, c.body, err, e.Sent, c.sent)
		}
	}
}

// TestNoMenu: Telegram refuses the command menu, as it does to who sets it often.
// The bot is there without it.
func TestNoMenu(t *testing.T) {
	t.Parallel()
	s := telegramtest.New(t)
	before(t, s, func(w http.ResponseWriter, method string) bool {
		if method != "setMyCommands" {
			return false
		}
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 3600", "parameters": {"retry_after": 3600}}`))
		return true
	})
	a := newAdapter(t, s, map[string]any{"commands": []string{"start=Begin"}})
	host := opened(t, a, nil)
	if r := do(t, a, envelope.Outbound{Type: "message", ChannelID: "1000", Text: "x"}); r[0].MessageID == "" {
		t.Errorf("nothing was sent: %+v", r)
	}
	if !strings.Contains(host.Logged(), "menu") {
		t.Error("the log does not say so")
	}
}
