package webchat

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
)

// FuzzSession: nothing but what was issued is a session.
func FuzzSession(f *testing.F) {
	s := sessions{key: key("the key of a test")}
	now := time.Unix(1_800_000_000, 0)
	good := s.issue(strings.Repeat("a", visitorLen), now)
	for _, seed := range []string{"", ".", good, good + "=", good[:len(good)-1], strings.ToUpper(good), "a." + good, "-", strings.Repeat("a", 26) + "-0."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, session string) {
		if id, ok := s.read(session, now); ok && (session != good || !validVisitor(id)) {
			t.Errorf("%q is taken for a session of %q", session, id)
		}
	})
}

// FuzzFrame: whatever a page sends is checked or refused with a reason, and
// what passes holds no more than is allowed.
func FuzzFrame(f *testing.F) {
	for _, seed := range []string{
		`{"t":"send","id":"0123456789abcdef","text":"hello"}`, `{"t":"react","id":"0123456789abcdef","message":"aaaaaaaaaaaaaaaaaaaaaaaa","emoji":"👍"}`,
		`{"t":"edit","id":"0123456789abcdef","text":"\u202ex\u0000"}`, `{"t":"press"}`, `{}`, `[]`, `{"files":["x"]}`,
	} {
		f.Add([]byte(seed))
	}
	c := config{maxText: 64}
	f.Fuzz(func(t *testing.T, data []byte) {
		var frame inFrame
		if json.Unmarshal(data, &frame) != nil {
			return
		}
		if bad := frame.check(c); bad != nil {
			if bad.code == "" || bad.message == "" {
				t.Errorf("%s is refused without a reason", data)
			}
			return
		}
		changesText := frame.Type == "send" || frame.Type == "edit"
		if !validFrameID(frame.ID) || changesText && len(frame.Text) > c.maxText || frame.Type != "send" && !validRecordID(frame.Message) {
			t.Errorf("%s passes", data)
		}
		for _, r := range frame.Text {
			if changesText && unicode.IsControl(r) && r != '\n' && r != '\t' {
				t.Errorf("%s passes with %U in its text", data, r)
			}
		}
	})
}

// FuzzName: a name is short, on one line and shows what it is.
func FuzzName(f *testing.F) {
	for _, seed := range []string{"Ann", "\u202eexe.png", "a\u200b\nb", "👩\u200d🚀", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := clip(cleanName(s), maxName)
		if len([]rune(name)) > maxName || name != cleanName(name) {
			t.Errorf("%q became %q", s, name)
		}
		for _, r := range cleanFilename(s) {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '/' || r == '\\' {
				t.Errorf("%q became the file name %q", s, cleanFilename(s))
			}
		}
	})
}
