package discord

import (
	"slices"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
)

// TestAnEditKeepsTheFiles: twelve take a message more, which stays when a text
// has no need of it any more, without what it said of it.
func TestAnEditKeepsTheFiles(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	made, err := l.send(envelope.Outbound{
		Type: "message", Text: "look", View: envelope.View{{{Label: "Yes", CustomID: "y"}}},
		Attachments: slices.Repeat([]envelope.Media{{Filename: "a.txt", Data: []byte("a")}}, 12),
	})
	if err != nil || len(made) != 2 {
		t.Fatalf("%d parts, %v", len(made), err)
	}
	ids := []string{made[0].MessageID, made[1].MessageID}
	long := strings.Repeat("word ", 600)
	for _, text := range []string{"see", long, "see again"} {
		results, err := l.send(envelope.Outbound{Type: "edit", Text: text}, ids...)
		if err != nil || len(results) != 2 || results[1].MessageID != ids[1] || results[1].Gone {
			t.Fatalf("%.9q came to %+v, %v", text, results, err)
		}
		m := l.message(discordtest.Channel, ids[1])
		if len(m.Files) != 2 || (m.Content != "") != (text == long) || strings.Contains(string(m.Components), "custom_id") {
			t.Errorf("%.9q left %d files below %q, with %s", text, len(m.Files), m.Content, m.Components)
		}
	}
	if m := l.message(discordtest.Channel, ids[0]); m.Content != "see again" || len(m.Files) != 10 {
		t.Errorf("the first has %d files below %q", len(m.Files), m.Content)
	}
	l.s.Erase(discordtest.Channel, ids[1])
	results, err := l.send(envelope.Outbound{Type: "edit", Text: "see"}, ids...)
	if err != nil || len(results) != 2 || !results[1].Gone {
		t.Errorf("what somebody has deleted came to %+v, %v", results, err)
	}
}
