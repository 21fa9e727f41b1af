package envelope

import (
	"testing"
)

// The form behind a version never changes: claims that live for a day in Redis
// hold digests that an older gateway made.
func TestDigestIsStable(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"outbound-message":       "2:1678f5a19a661fe07ff0b155f5585e80",
		"outbound-message-short": "2:ec53e22d9a5f4d918d2b5be01797345b",
		"outbound-file":          "2:730b5ce4e83733510eac450f3ba84f41",
		"outbound-typing":        "2:12a185adcf260c02726246c90bb29dff",
	} {
		for _, s := range outboundSamples() {
			if s.name != name {
				continue
			}
			if got := s.value.(*Outbound).Digest(); got != want {
				t.Errorf("%s: got %s", name, got)
			}
		}
	}
}

func TestDigestKnowsDefaultsAndTheOriginsForms(t *testing.T) {
	t.Parallel()
	yes := true
	for _, pair := range [][2]*Outbound{
		{{Type: TypeMessage, ChannelID: "c", Text: "x", Format: "markdown", Mentions: "none"}, {Type: TypeMessage, ChannelID: "c", Text: "x"}},
		{{Type: TypeTyping, ChannelID: "c", Active: &yes, TTL: 10}, {Type: TypeTyping, ChannelID: "c"}},
		{{Type: TypeButtons, ChannelID: "c", Text: "x"}, {Type: TypeMessage, ChannelID: "c", Text: "x"}},
		{{Type: TypeFile, ChannelID: "c", Caption: "x", Blob: "b"}, {Type: TypeMessage, ChannelID: "c", Text: "x", Attachments: []Media{{Blob: "b"}}}},
		{{Type: TypeMessage, Native: map[string]any{"a": 1.0, "b": 2}}, {Type: TypeMessage, Native: map[string]any{"b": 2.0, "a": int64(1)}}},
		{{Type: TypeMessage, Native: map[string]any{"a": []byte("hello")}}, {Type: TypeMessage, Native: map[string]any{"a": "aGVsbG8="}}},
	} {
		if a, b := pair[0].Digest(), pair[1].Digest(); a != b {
			t.Errorf("%+v\n%+v\nhave digests %s and %s", pair[0], pair[1], a, b)
		}
	}
}

// Claims that an older gateway made hold the whole sum.
func TestSameDigest(t *testing.T) {
	t.Parallel()
	const whole = "1:1678f5a19a661fe07ff0b155f5585e8057fb1b248d413f9ae5dacca12f057934"
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"2:aa", "2:aa", true},
		{"2:aa", "2:ab", false},
		{"", "2:aa", true},
		{"2:aa", "", true},
		{"3:aa", "2:ab", true},
		{"3:aa", "3:ab", true},
		{"1:aa", "2:ab", true}, // no digest of version 1
		{"", "", true},
		{whole, "2:1678f5a19a661fe07ff0b155f5585e80", true},
		{"2:1678f5a19a661fe07ff0b155f5585e80", whole, true},
		{whole, "2:ec53e22d9a5f4d918d2b5be01797345b", false},
		{whole, "1:ec53e22d9a5f4d918d2b5be01797345bdbc641cb29b02ba676d4291147d3fa33", false},
	} {
		if got := SameDigest(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}
