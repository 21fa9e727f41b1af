package bus

import (
	"context"
	"testing"

	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

func TestRooms(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(testing.TB) string{
		"redis":    func(t testing.TB) string { return redistest.Start(t).URL() },
		"embedded": func(testing.TB) string { return EmbeddedURL },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			platformtest.RunRooms(t, func(t testing.TB) platform.Rooms { return openRooms(t, url(t)) })
		})
	}
}

func openRooms(t testing.TB, url string) *Rooms {
	t.Helper()
	b, err := Open(Options{URL: url})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b.Rooms(names, "chat")
}

var _ = context.Background
