package bus

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

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

// roomsOf are the rooms of a stream's platform, which keep few records.
func roomsOf(s *Stream, keep int) *Rooms {
	r := s.bus.Rooms(names, "chat")
	r.keep = keep
	return r
}

func say(t *testing.T, r *Rooms, id string) (platform.Record, error) {
	t.Helper()
	return r.Update(t.Context(), "lobby", id, func(now platform.Record) []byte { return append(now.Data, 'x') })
}

func listed(t *testing.T, r *Rooms) []platform.Record {
	t.Helper()
	all, _, err := r.Before(t.Context(), "lobby", 0, 2000)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What a room forgets is gone everywhere but from its memory of ids.
func TestRoomForgetsTheOldest(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		r := roomsOf(s, 16)
		for i := range 40 {
			if _, err := say(t, r, strconv.Itoa(i)); err != nil {
				t.Fatal(err)
			}
			if n := len(listed(t, r)); n > 18 || n < min(i, 15) {
				t.Fatalf("%d records kept after %d", n, i+1)
			}
		}
		kept := listed(t, r)
		oldest, _ := strconv.Atoi(kept[0].ID)
		all, version, err := r.Changed(t.Context(), "lobby", 0, 2000)
		if err != nil || len(all) != len(kept) || version != kept[len(kept)-1].Version {
			t.Errorf("Changed: %d of %d records, version %d, %v", len(all), len(kept), version, err)
		}
		keys := r.keys("lobby")
		c := s.bus.client
		equal(t, "records", c.HLen(t.Context(), keys[1]).Val(), int64(len(kept)))
		for i := range oldest {
			if _, err := say(t, r, strconv.Itoa(i)); !errors.Is(err, platform.ErrRecordGone) {
				t.Errorf("making %d again: %v", i, err)
			}
			if _, err := r.Get(t.Context(), "lobby", strconv.Itoa(i)); !errors.Is(err, platform.ErrRecordGone) {
				t.Errorf("Get %d: %v", i, err)
			}
		}
		if got, err := say(t, r, strconv.Itoa(oldest)); err != nil || string(got.Data) != "xx" {
			t.Errorf("changing the oldest kept: %+v, %v", got, err)
		}
		for _, key := range keys {
			expires(t, s, key, roomIdle)
		}
		// Past its time, an id is a new one's.
		if err := c.ZAdd(t.Context(), keys[4], redis.Z{Score: float64(time.Now().UnixMilli() - 1), Member: "0"}).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := say(t, r, "0"); err != nil {
			t.Errorf("an id forgotten long ago: %v", err)
		}
	})
}

// A room that was lost gives no number twice.
func TestRoomLost(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		r := roomsOf(s, 10)
		var last platform.Record
		for i := range 3 {
			last, _ = say(t, r, strconv.Itoa(i))
		}
		if err := s.bus.client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if again, err := say(t, r, "new"); err != nil || again.Version <= last.Version || again.Place <= last.Place {
			t.Errorf("after %+v: %+v, %v", last, again, err)
		}
	})
}

// A room whose keys hold something else fails alone, whoever writes at the
// same time.
func TestSpoiltRoomFailsAlone(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		r := roomsOf(s, 10)
		spoil(t, s, r.keys("spoilt")[3])
		batch := []roomWrite{
			{recordName: recordName{"a", "1"}, data: []byte("x")},
			{recordName: recordName{"spoilt", "1"}, data: []byte("x")},
			{recordName: recordName{"b", "1"}, data: []byte("x")},
		}
		for _, w := range batch {
			r.writes.waiting.join(w)
		}
		asked := r.writes.waiting.take()
		r.writes.serve(asked)
		var failed, written, conflicts int
		for i := range batch {
			switch answer, err := asked.wait(t.Context(), i); {
			case err != nil:
				failed++
			case answer.conflict: // written by the script that failed at the next
				conflicts++
			default:
				written++
			}
		}
		if failed != 1 || written+conflicts != 2 {
			t.Errorf("%d failed, %d written, %d conflicts", failed, written, conflicts)
		}
		for _, room := range []string{"a", "b"} {
			if got, err := r.Get(t.Context(), room, "1"); err != nil || string(got.Data) != "x" {
				t.Errorf("room %s: %+v, %v", room, got, err)
			}
		}
	})
}

func TestRoomsInACluster(t *testing.T) {
	t.Parallel()
	masters := redistest.StartCluster(t)
	url := masters[0].URL() + "?addr=" + masters[1].Addr + "&addr=" + masters[2].Addr
	first, second := openRooms(t, url), openRooms(t, url)
	news := make(chan platform.RoomNews, 10)
	if err := second.Watch(t.Context(), func(n platform.RoomNews) { news <- n }); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		made, err := first.Update(t.Context(), fmt.Sprint("room", i), "a", func(platform.Record) []byte { return []byte("x") })
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "news", <-news, platform.RoomNews{Room: fmt.Sprint("room", i), Record: &made})
		got, err := second.Get(t.Context(), fmt.Sprint("room", i), "a")
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "Get", got, made)
		all, _, err := second.Changed(t.Context(), fmt.Sprint("room", i), 0, 10)
		if err != nil || len(all) != 1 {
			t.Errorf("Changed: %v, %v", all, err)
		}
	}
}

// A record that hundreds change at once is a matter of one round trip or two
// each, and leaves nothing behind.
func TestHotRecord(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		r := roomsOf(s, 10)
		var wait sync.WaitGroup
		for range 300 {
			wait.Go(func() {
				if _, err := say(t, r, "hot"); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		hot, err := r.Get(t.Context(), "lobby", "hot")
		if err != nil || len(hot.Data) != 300 {
			t.Errorf("%d changes kept, %v", len(hot.Data), err)
		}
		if len(r.turns.of) != 0 {
			t.Errorf("%d turns are left", len(r.turns.of))
		}
	})
}
