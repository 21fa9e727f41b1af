package telegram

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/planning"
)

// TestNobodyIsPinged: no @name is left that Telegram would take for one, however
// it is marked up and whatever stands before it; code and addresses stay as they
// are. ¦ is the letter that breaks a name.
func TestNobodyIsPinged(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"@ann_lee":                    "@¦ann_lee",
		"@**ann_lee**":                "@¦ann_lee",
		"**@**ann_lee":                "**@**ann_lee", // no emphasis, by CommonMark
		"`@`ann_lee":                  "@¦ann_lee",
		"**x** @ann_lee":              "x @¦ann_lee",
		"cc/@ann_lee":                 "cc/@¦ann_lee",
		"so.@ann_lee":                 "so.@¦ann_lee",
		"@@ann_lee @":                 "@@¦ann_lee @",
		"(@ann_lee,@bob_lee)":         "(@¦ann_lee,@¦bob_lee)",
		"a@ann.lee x_@ann":            "a@ann.lee x_@ann",
		"**a** _b_@ann.lee":           "a _b_@ann.lee",
		"漢@ann_lee":                   "漢@ann_lee",
		"see medium.com/@ann_lee":     "see medium.com/@ann_lee",
		"https://medium.com/a/@ann/b": "https://medium.com/a/@ann/b",
		"`@ann_lee`":                  "@ann_lee",
		"```\n@override\nx\n```":      "@override\nx",
		"3 @ 5, @5":                   "3 @ 5, @5",
	} {
		got := style(planning.Parse(source, ""), "").text
		if got = strings.ReplaceAll(got, joiner, "¦"); got != want {
			t.Errorf("%q became %q; want %q", source, got, want)
		}
		if got := style(planning.Parse(source, ""), planning.MentionsAll).text; strings.Contains(got, joiner) {
			t.Errorf("%q, where all may be pinged, became %q", source, got)
		}
	}
}
