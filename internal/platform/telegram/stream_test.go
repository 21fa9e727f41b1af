package telegram

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
)

// TestAnAnswerBegins: whatever an answer begins with, however little of it there
// is, its message is made, and grows.
func TestAnAnswerBegins(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	opened(t, a, nil)
	for _, format := range []string{"markdown", "plain"} {
		for _, begin := range []string{"**", "*", "#", "## ", "`", "```", "```python", "> ", "~~", "[", "-", "|", " ", "\n", "\n\n"} {
			snapshot := envelope.Outbound{Type: "stream", StreamID: "s", ChannelID: "1000", Text: begin, Format: format}
			made := do(t, a, snapshot)
			if len(made) != 1 || made[0].MessageID == "" {
				t.Fatalf("%q, %s, made %+v", begin, format, made)
			}
			do(t, a, snapshot, made[0].MessageID) // and again, as after a crash
			snapshot.Text, snapshot.Final = begin+"\nword\n", true
			do(t, a, snapshot, made[0].MessageID)
			if m, _ := s.Message(1000, parse64(made[0].MessageID)); m.Text == "" || m.Text == planning.Ellipsis {
				t.Errorf("%q, %s, ends as %q", begin, format, m.Text)
			}
		}
	}
}

// TestAMessageThatIsNotNeeded: what a shorter text has no need of is deleted,
// and said to be gone: no later edit is for it. So it is if that is done again.
func TestAMessageThatIsNotNeeded(t *testing.T) {
	t.Parallel()
	for _, kind := range []envelope.Type{envelope.TypeStream, envelope.TypeEdit} {
		s, a := start(t, nil)
		opened(t, a, nil)
		one, two := s.Put(1000, 123456, "one"), s.Put(1000, 123456, "two")
		for range 2 {
			r := do(t, a, envelope.Outbound{Type: kind, StreamID: "s", ChannelID: "1000", Text: "short"}, number(one), number(two))
			if len(r) != 2 || r[0].Gone || r[0].MessageID != number(one) || !r[1].Gone || r[1].MessageID != "" {
				t.Errorf("%s: %+v", kind, r)
			}
		}
		if _, there := s.Message(1000, two); there {
			t.Errorf("%s: the second message is still there", kind)
		}
	}
}

// TestAnEditKeepsTheFiles: a file that a text has gone on below stays when it has
// no need of that any more, without what it said there.
func TestAnEditKeepsTheFiles(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	opened(t, a, nil)
	made := do(t, a, envelope.Outbound{Type: "message", ChannelID: "1000", Text: "look", Attachments: []envelope.Media{
		{Filename: "a.txt", Data: []byte("a")}, {Filename: "b.txt", Data: []byte("b")},
	}})
	if len(made) != 3 {
		t.Fatalf("%d parts", len(made))
	}
	ids := []string{made[0].MessageID, made[1].MessageID, made[2].MessageID}
	long := strings.Repeat("word ", 1000)
	for _, text := range []string{"see", long, "see again"} {
		r := do(t, a, envelope.Outbound{Type: "edit", ChannelID: "1000", Text: text}, ids...)
		for i := range ids {
			if len(r) != 3 || r[i].Gone || r[i].MessageID != ids[i] {
				t.Fatalf("%.9q came to %+v", text, r)
			}
		}
		for i, id := range ids[1:] {
			m, there := s.Message(1000, parse64(id))
			if !there || m.Kind != "document" || (m.Text != "") != (text == long && i == 0) {
				t.Errorf("%.9q left of file %d: %v, %+v", text, i, there, m)
			}
		}
	}
}
