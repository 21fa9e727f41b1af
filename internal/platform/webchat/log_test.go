package webchat

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/posternhq/postern/platform"
)

// TestLogTellsAll: whoever reads a log from any place that it covers, in any
// steps, while records come and change, ends with every record as it is now,
// has none twice at one version, and sees nothing that is for another.
func TestLogTellsAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLog(0)
		now := map[string]int64{} // what Ann may see: version by id
		seen := map[string]int64{}
		at, version := int64(0), int64(0)
		read := func() {
			records, upTo, ok := l.after(at, "ann", rapid.IntRange(1, 400).Draw(t, "most"))
			if !ok { // behind the log: as the store would tell
				clear(seen)
				for id, v := range now {
					seen[id] = v
				}
				at = version
				return
			}
			for _, r := range records {
				var id string
				var place, v int64
				if _, err := fmt.Sscanf(strings.ReplaceAll(string(r), `"`, ""), "{id:%1s,place:%d,v:%d", &id, &place, &v); err != nil {
					t.Fatalf("%s: %v", r, err)
				}
				if v <= at || v > upTo || seen[id] >= v {
					t.Fatalf("record %s at version %d was told from %d to %d, having it at %d", id, v, at, upTo, seen[id])
				}
				if !strings.Contains(string(r), "secret") {
					seen[id] = v
					continue
				}
				t.Fatalf("Ann is told %s", r)
			}
			at = upTo
		}
		for range rapid.IntRange(0, 3*logEntries).Draw(t, "changes") {
			version++
			id := string(rune('a' + rapid.IntRange(0, 25).Draw(t, "id")))
			m := message{Text: "text"}
			if rapid.IntRange(0, 4).Draw(t, "private") == 0 {
				m.Text, m.side = "secret", side{To: "bob"}
				id = strings.ToUpper(id)
			} else {
				now[id] = version
			}
			l.add(platform.Record{ID: id, Place: 1, Version: version, Data: m.store()})
			if rapid.IntRange(0, 9).Draw(t, "forget") == 0 {
				l.forget(at)
			}
			if len(l.entries) > logEntries || l.bytes > logBytes {
				t.Fatalf("the log has %d entries of %d bytes", len(l.entries), l.bytes)
			}
			if rapid.IntRange(0, 9).Draw(t, "read") == 0 {
				read()
			}
		}
		for at < version {
			read()
		}
		if fmt.Sprint(seen) != fmt.Sprint(now) {
			t.Fatalf("Ann was told %v, there is %v", seen, now)
		}
	})
}

func TestReactions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var m message
		want := map[string]bool{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			who := person{ID: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "who")}
			emoji := fmt.Sprint("e", rapid.IntRange(0, maxEmojis).Draw(t, "emoji"))
			remove := rapid.Bool().Draw(t, "remove")
			had := want[who.ID+emoji]
			changed, fits := m.react(who, emoji, remove)
			if fits {
				want[who.ID+emoji] = !remove
			}
			if changed != (fits && had == remove) || !fits && len(m.Reactions) < maxEmojis {
				t.Fatalf("%v reacts with %s, remove %v: changed %v, fits %v", who, emoji, remove, changed, fits)
			}
		}
		have := map[string]bool{}
		for _, r := range m.Reactions {
			if len(r.By) == 0 {
				t.Fatalf("%s is by nobody", r.Emoji)
			}
			for _, p := range r.By {
				if have[p.ID+r.Emoji] {
					t.Fatalf("%s is by %s twice", r.Emoji, p.ID)
				}
				have[p.ID+r.Emoji] = true
			}
		}
		for k, is := range want {
			if have[k] != is {
				t.Fatalf("%s: %v, expected %v", k, have[k], is)
			}
		}
	})
}
