package harness

import (
	"fmt"
	"strconv"
	"testing"
)

// violationsShown bounds a failure's output: the first ones tell the story.
const violationsShown = 10

// CheckHistory fails the test unless the receiver, honouring webhook-id, saw
// exactly what was said: each message once, each channel's in order, and all
// requests for one message under one webhook-id.
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

// place is where a message stands: in its channel, counted from 0.
type place struct {
	said Said
	nth  int
}

// identity is what a receiver can tell messages apart by.
func identity(channel, text string) string { return channel + ": " + strconv.Quote(text) }

// Violations says, one string each, how what was seen breaks the promise about
// what was said. It reads outside evidence only.
func Violations(said []Said, seen []Request) []string {
	var out []string
	complain := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }

	places := make(map[string]place, len(said)) // by identity
	length := make(map[string]int)              // of each channel
	for _, s := range said {
		places[identity(s.Channel, s.Text)] = place{s, length[s.Channel]}
		length[s.Channel]++
	}
	idOf, messageOf := make(map[string]string), make(map[string]string) // webhook-ids
	taken := make(map[string]bool)                                      // webhook-ids that took effect
	next := make(map[string]int)                                        // by channel: the place that is due
	for _, r := range seen {
		message := identity(r.ChannelID, r.Text)
		p, known := places[message]
		if !known {
			complain("%s: seen, and never said", message)
			continue
		}
		if r.MessageKey != p.said.Key {
			complain("%s: seen with key %q, said with %q", message, r.MessageKey, p.said.Key)
		}
		if id, again := idOf[message]; again && id != r.ID {
			complain("%s: sent again under another webhook-id, %s after %s", message, r.ID, id)
		}
		if other, used := messageOf[r.ID]; used && other != message {
			complain("%s: has the webhook-id of %s", message, other)
		}
		idOf[message], messageOf[r.ID] = r.ID, message
		if !r.Accepted || taken[r.ID] {
			continue
		}
		taken[r.ID] = true
		if p.nth != next[r.ChannelID] {
			complain("%s: out of order, place %d where %d was due", message, p.nth, next[r.ChannelID])
		}
		next[r.ChannelID] = p.nth + 1
	}
	for _, s := range said {
		if id, sent := idOf[identity(s.Channel, s.Text)]; !sent || !taken[id] {
			complain("%s: lost", identity(s.Channel, s.Text))
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
