package platformtest

import (
	"context"
	"testing"
	"time"

	"github.com/posternhq/postern/platform"
)

func roomWatch(t *testing.T, r platform.Rooms) {
	first, second := listenTo(t, r), listenTo(t, r)
	a := put(t, r, "lobby", "a", "1 2\n3")
	if err := r.Signal(t.Context(), "den", []byte("typing\n\x00")); err != nil {
		t.Fatal(err)
	}
	a2 := put(t, r, "lobby", "a", "2")
	if _, err := r.Update(t.Context(), "lobby", "a", func(platform.Record) []byte { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := r.Signal(t.Context(), "", nil); err != nil {
		t.Fatal(err)
	}
	for _, news := range []<-chan platform.RoomNews{first, second} {
		same(t, "the first", hear(t, news), platform.RoomNews{Room: "lobby", Record: &a})
		same(t, "the signal", hear(t, news), platform.RoomNews{Room: "den", Signal: []byte("typing\n\x00")})
		same(t, "the second", hear(t, news), platform.RoomNews{Room: "lobby", Record: &a2})
		if last := hear(t, news); last.Room != "" || last.Record != nil || last.Lost || len(last.Signal) > 0 {
			t.Errorf("after them: %+v", last)
		}
	}
	if all, _ := changed(t, r, "den", 0, roomAll); len(all) > 0 {
		t.Errorf("the signal was kept: %v", all)
	}
}

// listenTo watches until the test ends.
func listenTo(t testing.TB, r platform.Rooms) <-chan platform.RoomNews {
	t.Helper()
	news := make(chan platform.RoomNews, 100)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	if err := r.Watch(ctx, func(n platform.RoomNews) { news <- n }); err != nil {
		t.Fatalf("Watch: %v", err)
	}
	return news
}

func hear(t testing.TB, news <-chan platform.RoomNews) platform.RoomNews {
	t.Helper()
	select {
	case n := <-news:
		return n
	case <-time.After(patience):
		t.Fatal("the watcher hears nothing")
		return platform.RoomNews{}
	}
}
