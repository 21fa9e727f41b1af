package main

import (
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/test/openai"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestAnswer(t *testing.T) {
	server := openai.Start(t)
	m := model{base: server.URL, name: "small", key: "k"}

	server.Reply(openai.Reply{Tokens: []string{"Hé", "llo", " 😀"}})
	var out strings.Builder
	if err := m.answer(t.Context(), "hi", &out); err != nil || out.String() != "Héllo 😀" {
		t.Errorf("%q, %v", &out, err)
	}
	if q := server.Requests()[0]; q.Model != "small" || q.Authorization != "Bearer k" || q.Messages[0].Content != "hi" {
		t.Errorf("asked %+v", q)
	}

	server.Reply(openai.Reply{Tokens: []string{"Hel"}, Cut: true})
	out.Reset()
	if err := m.answer(t.Context(), "hi", &out); err == nil || out.String() != "Hel" {
		t.Errorf("cut: %q, %v", &out, err)
	}

	server.Reply(openai.Reply{Status: http.StatusTooManyRequests})
	if err := m.answer(t.Context(), "hi", &out); err == nil || !strings.Contains(err.Error(), "429") {
		t.Errorf("limited: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}
