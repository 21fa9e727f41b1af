package planning

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// letters writes a text as it stands, at most so many letters a message.
func letters(most int) Dialect[string] {
	return Dialect[string]{
		Write: render.PlainText, Most: most,
		Fits:  func(s string) bool { return render.CodePoints(s) <= most },
		Shows: func(s string) bool { return strings.TrimSpace(s) != "" },
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e    envelope.Outbound
		want []string
		code envelope.Code
	}{
		{e: envelope.Outbound{Type: "message", Text: "one two three", Format: "plain"}, want: []string{"one two", "three"}},
		{e: envelope.Outbound{Type: "message", Text: "  ", Format: "plain"}},
		{e: envelope.Outbound{Type: "stream", Text: "  ", Format: "plain"}, want: []string{Ellipsis}},
		{e: envelope.Outbound{Type: "stream", Text: "  ", Format: "plain", Final: true}},
		{e: envelope.Outbound{Type: "stream", Format: "plain"}},
		{e: envelope.Outbound{Type: "message", Text: strings.Repeat("word ", MaxParts+1), Format: "plain"}, code: envelope.CodeTooLarge},
		{e: envelope.Outbound{Type: "message", Text: strings.Repeat("word ", 8*MaxParts), Format: "plain"}, code: envelope.CodeTooLarge},
	} {
		got, err := Split(&c.e, Parse(c.e.Text, c.e.Format), letters(8))
		code := envelope.Code("")
		if err != nil {
			code = platform.AsError(err).Code
		}
		for i := range got {
			got[i] = strings.TrimSpace(got[i])
		}
		if !slices.Equal(got, c.want) || code != c.code {
			t.Errorf("%s %.20q, final %t: %q, %v; want %q, code %q", c.e.Type, c.e.Text, c.e.Final, got, err, c.want, c.code)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9]+$`)
	for _, c := range []struct {
		targets, want []string
		code          envelope.Code
	}{
		{[]string{"1", "", "2"}, []string{"1", "2"}, ""},
		{nil, nil, envelope.CodeInvalid},
		{[]string{"1", "x"}, nil, envelope.CodeInvalid},
		{[]string{"", ""}, nil, envelope.CodeNotFound},
	} {
		got, err := MessageIDs(platform.Operation{Envelope: &envelope.Outbound{Type: "edit"}, Targets: c.targets}, form, "a number")
		code := envelope.Code("")
		if err != nil {
			code = platform.AsError(err).Code
		}
		if !slices.Equal(got, c.want) || code != c.code {
			t.Errorf("%q: %q, %v; want %q, code %q", c.targets, got, err, c.want, c.code)
		}
	}
}

func TestAligned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		targets        []string
		requests, want string
	}{
		{[]string{"1"}, "a", "a"},
		{[]string{"1", "2"}, "ab+", "ab+"},
		{[]string{"1", "", "3"}, "ab+", "a.b+"},
		{[]string{"", "", "3", ""}, "a+", "..a+"},
		{[]string{"1", ""}, "a+", "a+"},
		{[]string{"1", "", "3"}, "a", "a"}, // for one of them alone
		{[]string{"1", "2"}, "", ""},
	} {
		got := strings.ReplaceAll(string(Aligned(c.targets, []byte(c.requests))), "\x00", ".")
		if got != c.want {
			t.Errorf("%q for %q: %q; want %q", c.requests, c.targets, got, c.want)
		}
	}
}

func TestTyping(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for want, e := range map[float64]envelope.Outbound{10: {}, 30: {Active: &yes, TTL: 30}, 0: {Active: &no, TTL: 30}} {
		if got := Typing(&e); got != want {
			t.Errorf("%+v: %v seconds, want %v", e, got, want)
		}
	}
}
