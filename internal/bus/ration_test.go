package bus

import (
	"strings"
	"testing"
)

func TestRationGrowsAndIsHalved(t *testing.T) {
	t.Parallel()
	var r Ration
	if r.Count() != rationFirst {
		t.Fatalf("begins with %d", r.Count())
	}
	small := messages(rationFirst, 10)
	for want := 2 * rationFirst; want <= rationEntries; want *= 2 {
		if r.More(small); r.Count() != want {
			t.Fatalf("after a call that went well: %d, want %d", r.Count(), want)
		}
	}
	if r.More(small); r.Count() != rationEntries {
		t.Errorf("grows beyond its end, to %d", r.Count())
	}
	if r.Less(); r.Count() != rationEntries/2 {
		t.Errorf("after a call that failed: %d", r.Count())
	}
	for range 20 {
		r.Less()
	}
	if r.Count() != 1 {
		t.Errorf("after many that failed: %d, want 1", r.Count())
	}
	if r.More(small[:1]); r.Count() != 2 {
		t.Errorf("from 1 on: %d, want 2", r.Count())
	}
}

func TestRationHeedsTheWeight(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, size, want int }{
		{16, 100 << 10, 10},      // as many as fit
		{16, 2 * rationBytes, 1}, // none fits: one all the same
		{16, 10, 32},             // no weight at all: twice as many
	} {
		var r Ration
		r.More(messages(tt.got, tt.size))
		if r.Count() != tt.want {
			t.Errorf("after %d of %d bytes: %d, want %d", tt.got, tt.size, r.Count(), tt.want)
		}
	}
}

// messages are n of that many bytes each.
func messages(n, size int) []Message {
	out := make([]Message, n)
	for i := range out {
		out[i] = Message{Fields: Fields{"data", strings.Repeat("x", size)}}
	}
	return out
}
