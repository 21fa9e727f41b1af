package telegram

import (
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/platform/telegram/telegramtest"
	"github.com/posternhq/postern/platform"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	good := map[string]any{"token": telegramtest.Token, "updates": "polling", "rates": "published", "api_url": "https://api.telegram.org", "timeout": time.Minute}
	for field, values := range map[string]map[string]any{
		"token":    {"token": "my-secret-token"},
		"api_url":  {"api_url": "ftp://x"},
		"timeout":  {"timeout": time.Duration(0)},
		"rates":    {"rates": "fast"},
		"updates":  {"updates": "both"},
		"hook_url": {"updates": "webhook", "secret": "s"},
		"secret":   {"updates": "webhook", "hook_url": "https://x.example/hooks/tg"},
		"secret ":  {"updates": "webhook", "hook_url": "https://x.example/hooks/tg", "secret": strings.Repeat("s", 257)},
		"commands": {"commands": []string{"Start"}},
		"calls":    {"calls": []string{"get chat"}},
	} {
		all := map[string]any{}
		for name, v := range good {
			all[name] = v
		}
		for name, v := range values {
			all[name] = v
		}
		_, err := New(platform.Settings{Name: "tg", Values: all})
		if err == nil || !strings.HasPrefix(err.Error(), strings.TrimSpace(field)) || strings.Contains(err.Error(), "my-secret") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestCheck says whose the token is, and what is wrong, without the token.
func TestCheck(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	found := a.Check(t.Context())
	if len(found) != 3 || found[0].Verdict != platform.Right || !strings.Contains(found[0].Says, "@postern_bot") || !strings.Contains(found[2].Says, "polling") {
		t.Errorf("a good token: %+v", found)
	}
	stranger := newAdapter(t, s, map[string]any{"token": "99:another-token"})
	if found := stranger.Check(t.Context()); len(found) != 1 || found[0].Verdict != platform.Wrong || found[0].Do == "" || strings.Contains(found[0].Says, "another-token") {
		t.Errorf("a token that is refused: %+v", found)
	}
	hooked := newAdapter(t, s, map[string]any{"updates": updatesWebhook, "hook_url": "https://ours.example/hooks/tg", "secret": testSecret})
	if found := hooked.checkUpdates("https://theirs.example/secret", 0, ""); found[0].Verdict != platform.Doubtful || strings.Contains(found[0].Says, "theirs") {
		t.Errorf("another's webhook: %+v", found)
	}
	if found := hooked.checkUpdates(hooked.config.hookURL, 3, "Connection refused"); found[0].Verdict != platform.Doubtful || !strings.Contains(found[0].Says, "refused") {
		t.Errorf("a webhook that fails: %+v", found)
	}
	s.Stop()
	if found := a.Check(t.Context()); len(found) != 1 || found[0].Verdict != platform.Wrong {
		t.Errorf("nobody there: %+v", found)
	}
}
