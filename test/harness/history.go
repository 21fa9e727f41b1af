package harness

import (
	"fmt"
	"testing"
)

// violationsShown bounds a failure's output: the first ones tell the story.
const violationsShown = 10

// CheckHistory fails the test unless the receiver, honouring webhook-id, saw
// exactly what was said: each message once, each channel's in order, and all
// requests for one key under one webhook-id.
func CheckHistory(t testing.TB, said []Said, seen []Request) {
	t.Helper()
	violations := Violations(said, seen)
	for i, v := range violations {
		if i == violationsShown {
			t.Errorf("... and %d more", len(violations)-i)
			return
		}
		t.Error(v)
	}
}

// Violations says, one string each, how what was seen breaks the promise about
// what was said. It reads outside evidence only.
func Violations(said []Said, seen []Request) []string {
	var out []string
	complain := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }

	expected := make(map[string][]Said) // by channel, in order
	known := make(map[string]Said)      // by key
	for _, s := range said {
		expected[s.Channel] = append(expected[s.Channel], s)
		known[s.Key] = s
	}
	idOf, keyOf := make(map[string]string), make(map[string]string)
	taken := make(map[string]bool)   // webhook-ids that took effect
	position := make(map[string]int) // by channel: how many took effect
	for _, r := range seen {
		s, ok := known[r.MessageKey]
		switch {
		case !ok:
			complain("key %q was never said, but seen in channel %s", r.MessageKey, r.ChannelID)
			continue
		case s.Channel != r.ChannelID || s.Text != r.Text:
			complain("key %s: seen as %q in channel %s, said as %q in channel %s", s.Key, r.Text, r.ChannelID, s.Text, s.Channel)
		}
		if id, ok := idOf[s.Key]; ok && id != r.ID {
			complain("key %s: sent again under another webhook-id, %s and %s", s.Key, id, r.ID)
		}
		if key, ok := keyOf[r.ID]; ok && key != s.Key {
			complain("webhook-id %s: two keys have it, %s and %s", r.ID, key, s.Key)
		}
		idOf[s.Key], keyOf[r.ID] = r.ID, s.Key
		if !r.Accepted || taken[r.ID] {
			continue
		}
		taken[r.ID] = true
		channel, at := expected[r.ChannelID], position[r.ChannelID]
		if at < len(channel) && channel[at].Key != s.Key {
			complain("channel %s: place %d has key %s, expected %s", r.ChannelID, at, s.Key, channel[at].Key)
		}
		position[r.ChannelID]++
	}
	for _, s := range said {
		if id, ok := idOf[s.Key]; !ok || !taken[id] {
			complain("key %s: lost", s.Key)
		}
	}
	return out
}

// Resent counts the requests beyond the first of each webhook-id.
func Resent(seen []Request) int {
	ids := make(map[string]bool, len(seen))
	for _, r := range seen {
		ids[r.ID] = true
	}
	return len(seen) - len(ids)
}
