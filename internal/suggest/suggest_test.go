package suggest

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"identity", "capabilities", "channel", "channels", "list_tools", "execute_tool"}
	for word, want := range map[string]string{
		"identiy":                    "identity",
		"idnetity":                   "identity",
		"chanel":                     "channel",
		"channells":                  "channels",
		"execute":                    "",
		"execute_tools":              "execute_tool",
		"list-tools":                 "list_tools",
		"":                           "",
		"zzz":                        "",
		strings.Repeat("x", 1<<20):   "",
		"Channel":                    "channel",
		"channel\x00\xff":            "channel",
		"capability":                 "capabilities",
		strings.ToUpper("list_tool"): "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%.40q) = %q, want %q", word, got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	if got := DidYouMean("chanel", []string{"channel"}); got != `, did you mean "channel"?` {
		t.Errorf("got %q", got)
	}
	if got := DidYouMean("zzz", []string{"channel"}); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}
