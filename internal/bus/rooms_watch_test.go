package bus

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// watched starts a watch that the test's end ends.
func watched(t *testing.T, r *Rooms) <-chan platform.RoomNews {
	t.Helper()
	news := make(chan platform.RoomNews, 100)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	if err := r.Watch(ctx, func(n platform.RoomNews) { news <- n }); err != nil {
		t.Fatal(err)
	}
	return news
}

// lostOnce expects a Lost, and that the watch hears on after it.
func lostOnce(t *testing.T, news <-chan platform.RoomNews, r *Rooms) {
	t.Helper()
	if n := <-news; !n.Lost || n.Record != nil || n.Signal != nil {
		t.Fatalf("after the break: %+v, want Lost", n)
	}
	made, err := say(t, r, "after")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "after Lost", <-news, platform.RoomNews{Room: "lobby", Record: &made})
}

// logLines hands on what is logged.
type logLines chan string

func (c logLines) Write(line []byte) (int, error) {
	c <- string(line)
	return len(line), nil
}

func TestWatchTellsOfAGap(t *testing.T) {
	t.Parallel()
	t.Run("the connection is cut", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		proxy := redistest.NewProxy(t, server)
		news, writer := watched(t, openRooms(t, proxy.URL())), openRooms(t, server.URL())
		proxy.Cut()
		lostOnce(t, news, writer)
	})
	t.Run("redis restarts", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		news, writer := watched(t, openRooms(t, server.URL())), openRooms(t, server.URL())
		server.Restart()
		lostOnce(t, news, writer)
	})
	t.Run("the connection is silent", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		proxy := redistest.NewProxy(t, server)
		watcher, writer := openRooms(t, proxy.URL()), openRooms(t, server.URL())
		broke := make(logLines, 1)
		watcher.silence, watcher.log = 100*time.Millisecond, slog.New(slog.NewTextHandler(broke, nil))
		news := watched(t, watcher)
		proxy.Blackhole()
		if _, err := say(t, writer, "unheard"); err != nil {
			t.Fatal(err)
		}
		if text := <-broke; !strings.Contains(text, "does not answer") {
			t.Errorf("the log: %s", text)
		}
		proxy.Heal()
		lostOnce(t, news, writer)
	})
	t.Run("redis is away at the start", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		r := openRooms(t, server.URL())
		server.Stop()
		if err := r.Watch(t.Context(), func(platform.RoomNews) {}); err == nil {
			t.Error("it watches nothing, and says nothing")
		}
	})
}

func TestWatchSkipsForeignNews(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		r := roomsOf(s, 10)
		news := watched(t, r)
		for _, text := range []string{
			"", "\n", "x", "s", "s x\nroom", "s -1\nroom", "s 5\nroom", "r 1 2 3\n", "r 1 2 3 x\nroomid", "r x 2 4 2\nroomid",
			"r 1 x 4 2\nroomid", "r 1 2 4 3\nroomid", "s 99999999999999999999\nroom", strings.Repeat(" ", 1000),
		} {
			if err := s.bus.client.Publish(t.Context(), r.channel, text).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Signal(t.Context(), "lobby", []byte("x")); err != nil {
			t.Fatal(err)
		}
		equal(t, "the first heard", <-news, platform.RoomNews{Room: "lobby", Signal: []byte("x")})
	})
}

func FuzzParseNews(f *testing.F) {
	for _, seed := range []string{"s 4\nroomx", "r 1 2 4 2\nroomiddata", "r 1 2 0 0\n", "s 0\n", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		news, err := parseNews(text)
		if err != nil {
			return
		}
		if (news.Record == nil) == (news.Signal == nil) || news.Lost {
			t.Errorf("%q: %+v", text, news)
		}
	})
}
