package discord

import (
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/platform"
)

// TestSettings: what cannot be used is said, with its field, and without the
// token.
func TestSettings(t *testing.T) {
	t.Parallel()
	for field, value := range map[string]any{
		"token": "123456:ABC", "api_url": "discord.com", "timeout": time.Duration(0), "ack_after": 3 * time.Second, "max_file": 0,
		"intents": []string{"presence"}, "guilds": []string{"my server"}, "calls": []string{"getChannel"},
		"commands": []string{"Ask me"},
	} {
		values := map[string]any{"token": discordtest.Token, "api_url": "https://discord.com/api/v10", "timeout": time.Minute, "ack_after": 2 * time.Second, "max_file": 10}
		if _, err := New(platform.Settings{Name: "d", Values: values}); err != nil {
			t.Fatalf("without a fault: %v", err)
		}
		values[field] = value
		_, err := New(platform.Settings{Name: "d", Values: values})
		if err == nil || !strings.HasPrefix(err.Error(), field) || strings.Contains(err.Error(), discordtest.Token) {
			t.Errorf("%s: %v: %v", field, value, err)
		}
	}
	for _, line := range []string{"ask=x; q", "ask=x; Q=y", "ask=x; q:word=y", "ask=", "ask=x; q=" + strings.Repeat("y", 101), strings.Repeat("ä", 33) + "=x"} {
		if _, err := readCommands([]string{line}); err == nil {
			t.Errorf("the command %q was taken", line)
		}
	}
	if _, err := readCommands([]string{strings.Repeat("ä", 32) + "=x"}); err != nil {
		t.Errorf("a name of 32 letters: %v", err)
	}
	if _, err := readCommands([]string{"ask=x", "/ask=y"}); err == nil {
		t.Error("a command was taken twice")
	}
}
