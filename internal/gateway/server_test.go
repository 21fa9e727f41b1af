package gateway

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// wantError asserts that an answer is an error of that code.
func wantError(t *testing.T, what string, status int, body []byte, wantStatus int, code envelope.Code) {
	t.Helper()
	var answer struct{ Error envelope.Error }
	if err := json.Unmarshal(body, &answer); err != nil || status != wantStatus || answer.Error.Code != code || answer.Error.Message == "" {
		t.Errorf("%s: status %d, %s (%v); want %d, %s", what, status, body, err, wantStatus, code)
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	chat, plain := newFake(), newFake()
	open := make(chan struct{})
	chat.onOpen = func(ctx context.Context, host platform.Host, _ int) error {
		select {
		case <-open:
			host.State(platform.StateReady, "")
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	n := startNode(t, server.URL(), "n1", map[string]platform.Adapter{"chat": hooked{chat}, "plain": plain})
	for _, name := range []string{"plain", "nobody", "chat%2Fx"} {
		status, body := n.get("/hooks/"+name, "")
		wantError(t, name, status, body, 404, envelope.CodeNotFound)
	}
	status, body := n.get("/hooks/chat", "")
	wantError(t, "not open yet", status, body, 503, envelope.CodeUnavailable)
	close(open)
	chat.await(t, "opened")
	await(t, "the hook", func() bool { status, body = n.get("/hooks/chat", ""); return status == 202 }, func() any { return status })
}

func TestMetricsNeedAToken(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	n := startNode(t, server.URL(), "n1", nil, func(c *config.Config) {
		c.HTTP.Tokens = []config.Token{
			{Name: "ops", Token: config.NewSecret("hush"), Scopes: []string{"admin", "metrics"}},
			{Name: "app", Token: config.NewSecret("psst"), Scopes: []string{"publish"}},
			{Name: "both", Token: config.NewSecret("twice"), Scopes: []string{"publish"}},
			{Name: "again", Token: config.NewSecret("twice"), Scopes: []string{"metrics"}},
		}
	})
	for _, authorization := range []string{"", "hush", "Bearer", "Bearer ", "Bearer  hush", "Bearer hus", "Bearer hushh", "Basic hush"} {
		status, body := n.get("/metrics", authorization)
		wantError(t, authorization, status, body, 401, envelope.CodeAuth)
	}
	status, body := n.get("/metrics", "Bearer psst")
	wantError(t, "another scope", status, body, 403, envelope.CodeForbidden)
	for _, authorization := range []string{"Bearer hush", "bearer hush", "Bearer twice"} {
		if status, body := n.get("/metrics", authorization); status != 200 {
			t.Errorf("%s: %d, %s", authorization, status, body)
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, _ := n.get(path, ""); status == 401 {
			t.Errorf("%s asks for a token", path)
		}
	}
}
