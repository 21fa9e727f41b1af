package slack

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// emojiTable is what emoji.mjs wrote.
//
//go:generate sh -c "node emoji.mjs package/emoji.json > emoji.txt"
//go:embed emoji.txt
var emojiTable string

// emojiNames translates between Unicode's emoji and Slack's short names.
type emojiNames struct {
	name map[string]string // of an emoji without variation selectors
	char map[string]string // of every name
}

// emoji reads the table when it is first asked for.
var emoji = sync.OnceValue(func() emojiNames {
	n := emojiNames{name: map[string]string{}, char: map[string]string{}}
	for line := range strings.Lines(emojiTable) {
		fields := strings.Fields(line)
		var b strings.Builder
		for point := range strings.SplitSeq(fields[0], "-") {
			r, _ := strconv.ParseInt(point, 16, 32)
			b.WriteRune(rune(r))
		}
		n.name[unvaried(b.String())] = fields[1]
		for _, name := range fields[1:] {
			if _, known := n.char[name]; !known {
				n.char[name] = b.String()
			}
		}
	}
	return n
})

// unvaried is an emoji without the selector that says to draw it in colour,
// which people leave out or not.
func unvaried(s string) string { return strings.ReplaceAll(s, "\ufe0f", "") }

const (
	firstTone, lastTone = '\U0001F3FB', '\U0001F3FF'
	toneName            = "skin-tone-"
)

// emojiName is an emoji as Slack names it: thumbsup, +1::skin-tone-3. What is
// no emoji of Unicode's is a name already, with or without colons: Slack knows.
func emojiName(s string) string {
	var base strings.Builder
	var tones []string
	for _, r := range unvaried(s) {
		if r >= firstTone && r <= lastTone {
			tones = append(tones, strconv.Itoa(int(r-firstTone)+2))
		} else {
			base.WriteRune(r)
		}
	}
	name, ok := emoji().name[base.String()]
	if !ok && len(tones) > 0 { // a tone alone
		name, ok = emoji().name[unvaried(s)]
		tones = nil
	}
	if !ok {
		return strings.Trim(s, ":")
	}
	if len(tones) == 2 && tones[0] == tones[1] {
		tones = tones[:1]
	}
	if len(tones) > 0 {
		name += "::" + toneName + strings.Join(tones, "-")
	}
	return name
}

// emojiChar is what Slack names as Unicode has it; an emoji of the workspace's
// own stays a name, between colons.
func emojiChar(name string) string {
	base, tone, toned := strings.Cut(name, "::"+toneName)
	char, ok := emoji().char[base]
	if !ok {
		return ":" + name + ":"
	}
	if !toned {
		return char
	}
	n, err := strconv.Atoi(tone)
	if err != nil || n < 2 || n > 6 {
		return ":" + name + ":"
	}
	_, size := utf8.DecodeRuneInString(char)
	return char[:size] + string(firstTone+rune(n-2)) + strings.TrimPrefix(char[size:], "\ufe0f")
}
