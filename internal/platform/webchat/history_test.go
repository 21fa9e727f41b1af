package webchat

import (
	"fmt"
	"slices"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// TestWorkersReadTheRoom: page by page from its end, each message once and in
// order, without what is deleted, in a thread, or for one visitor alone.
func TestWorkersReadTheRoom(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), map[string]any{"people": false})
	ann := n.enter("lobby", "Ann")
	first := ann.say("hello *bot*")
	thread := envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "lobby", ThreadID: "aside", Text: "in the thread"}
	n.bot(thread)
	want := []string{"hello *bot*"}
	var ids []string
	for i := range 2*maxPage + 7 { // the thread is several looks away
		want = append(want, fmt.Sprint(i))
		ids = append(ids, n.bot(say("lobby", fmt.Sprint(i))))
	}
	n.bot(envelope.Outbound{Type: envelope.TypeDelete, ChannelID: "lobby"}, ids[3])
	want = slices.Delete(want, 4, 5)

	var got []string
	for page := (platform.HistoryPage{ChannelID: "lobby", Limit: 50}); ; {
		messages, more, err := n.adapter.History(t.Context(), page)
		if err != nil || len(messages) == 0 || len(messages) > 50 {
			t.Fatalf("a page of %d: %v", len(messages), err)
		}
		var texts []string
		for _, m := range messages {
			texts = append(texts, m.Content)
		}
		got = append(texts, got...)
		if page.Before = messages[0].ID; !more {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("read %d messages; want %d, each once and in order", len(got), len(want))
	}

	aside, more, err := n.adapter.History(t.Context(), platform.HistoryPage{ChannelID: "lobby", ThreadID: "aside", Limit: 5})
	if err != nil || more || len(aside) != 1 || aside[0].Content != "in the thread" || !aside[0].Ours {
		t.Errorf("the thread: %+v, %v, %v", aside, more, err)
	}
	m, err := n.adapter.Message(t.Context(), "lobby", "", first)
	if err != nil || m.Content != "hello *bot*" || m.Author.DisplayName != "Ann" || m.Ours || m.Timestamp == 0 {
		t.Errorf("Message: %+v, %v", m, err)
	}
	for name, c := range map[string]struct {
		channel, thread, id string
		code                envelope.Code
	}{
		"deleted":          {"lobby", "", ids[3], envelope.CodeNotFound},
		"another room's":   {"hall", "", first, envelope.CodeNotFound},
		"another thread's": {"lobby", "aside", first, envelope.CodeNotFound},
		"no id":            {"lobby", "", "5", envelope.CodeInvalid},
		"no room":          {"a b", "", first, envelope.CodeNotFound},
	} {
		if _, err := n.adapter.Message(t.Context(), c.channel, c.thread, c.id); err == nil || platform.AsError(err).Code != c.code {
			t.Errorf("%s: %v; want %s", name, err, c.code)
		}
	}
}
