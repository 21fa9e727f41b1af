package outbound

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/bus"
)

func TestRationGrowsAndIsHalved(t *testing.T) {
	t.Parallel()
	var r ration
	if r.count() != rationFirst {
		t.Fatalf("begins with %d", r.count())
	}
	small := messages(rationFirst, 10)
	for want := 2 * rationFirst; want <= rationEntries; want *= 2 {
		if r.more(small); r.count() != want {
			t.Fatalf("after a call that went well: %d, want %d", r.count(), want)
		}
	}
	if r.more(small); r.count() != rationEntries {
		t.Errorf("grows beyond its end, to %d", r.count())
	}
	if r.less(); r.count() != rationEntries/2 {
		t.Errorf("after a call that failed: %d", r.count())
	}
	for range 20 {
		r.less()
	}
	if r.count() != 1 {
		t.Errorf("after many that failed: %d, want 1", r.count())
	}
	if r.more(small[:1]); r.count() != 2 {
		t.Errorf("from 1 on: %d, want 2", r.count())
	}
}

func TestRationHeedsTheWeight(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, size, want int }{
		{16, 100 << 10, 10},      // as many as fit
		{16, 2 * rationBytes, 1}, // none fits: one all the same
		{16, 10, 32},             // no weight at all: twice as many
	} {
		var r ration
		r.more(messages(tt.got, tt.size))
		if r.count() != tt.want {
			t.Errorf("after %d of %d bytes: %d, want %d", tt.got, tt.size, r.count(), tt.want)
		}
	}
}

// messages are n of that many bytes each.
func messages(n, size int) []bus.Message {
	out := make([]bus.Message, n)
	for i := range out {
		out[i] = bus.Message{Fields: map[string]string{"data": strings.Repeat("x", size)}}
	}
	return out
}
