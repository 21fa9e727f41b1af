package platform

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPartKeyNeverChanges: a key is what it was when its part was first sent,
// by whichever version.
func TestPartKeyNeverChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := func(name string) string { return rapid.StringN(0, 300, -1).Draw(t, name) }
		stream, key, channel, thread, part := s("stream"), s("key"), s("channel"), s("thread"), rapid.IntRange(0, 1000).Draw(t, "part")
		h := sha256.New()
		for _, s := range []string{"1", stream, key, channel, thread, strconv.Itoa(part)} {
			h.Write([]byte(strconv.Itoa(len(s)) + ":" + s))
		}
		want := strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)))[:24]
		if got := PartKey(stream, key, channel, thread, part); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}
