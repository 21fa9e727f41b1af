package platformtest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/platform"
)

// RunRooms holds a platform.Rooms to what its comments promise. start returns
// an empty one; each test has its own.
func RunRooms(t *testing.T, start func(t testing.TB) platform.Rooms) {
	for name, test := range map[string]func(*testing.T, platform.Rooms){
		"empty":       roomEmpty,
		"records":     roomRecords,
		"order":       roomOrder,
		"large":       roomLarge,
		"unchanged":   roomUnchanged,
		"make":        roomMake,
		"data":        roomData,
		"concurrency": roomConcurrency,
		"watch":       roomWatch,
		"own":         roomOwn,
		"apart":       roomsApart,
		"ended":       roomEnded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, start(t))
		})
	}
}

// roomAll is more than any of the tests makes.
const roomAll = 1000

// put sets a record's data.
func put(t testing.TB, r platform.Rooms, room, id, data string) platform.Record {
	t.Helper()
	record, err := r.Update(t.Context(), room, id, func(platform.Record) []byte { return []byte(data) })
	if err != nil {
		t.Fatalf("Update %s in %s: %v", id, room, err)
	}
	return record
}

func changed(t testing.TB, r platform.Rooms, room string, since int64, limit int) ([]platform.Record, int64) {
	t.Helper()
	records, version, err := r.Changed(t.Context(), room, since, limit)
	if err != nil {
		t.Fatalf("Changed %s since %d: %v", room, since, err)
	}
	return records, version
}

func before(t testing.TB, r platform.Rooms, room string, place int64, limit int) []platform.Record {
	t.Helper()
	records, _, err := r.Before(t.Context(), room, place, limit)
	if err != nil {
		t.Fatalf("Before %s, %d: %v", room, place, err)
	}
	return records
}

// texts are the records as "id=data".
func texts(records []platform.Record) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, r.ID+"="+string(r.Data))
	}
	return out
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func roomEmpty(t *testing.T, r platform.Rooms) {
	if records, version := changed(t, r, "lobby", 0, roomAll); len(records) != 0 || version != 0 {
		t.Errorf("an empty room: %v, version %d", records, version)
	}
	if records := before(t, r, "lobby", 0, roomAll); len(records) != 0 {
		t.Errorf("an empty room: %v", records)
	}
	if _, err := r.Get(t.Context(), "lobby", "a"); !errors.Is(err, platform.ErrRecordGone) {
		t.Errorf("Get of none: %v", err)
	}
}

func roomRecords(t *testing.T, r platform.Rooms) {
	a := put(t, r, "lobby", "a", "1")
	b := put(t, r, "lobby", "b", "1")
	a2 := put(t, r, "lobby", "a", "2")
	if b.Version != a.Version+1 || a2.Version != b.Version+1 || a.Place == 0 || b.Place != a.Place+1 || a2.Place != a.Place {
		t.Errorf("numbers: %+v, %+v, %+v", a, b, a2)
	}
	got, err := r.Get(t.Context(), "lobby", "a")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Get", got, a2)
	all, version := changed(t, r, "lobby", 0, roomAll)
	same(t, "changed", all, []platform.Record{b, a2})
	same(t, "the room's version", version, a2.Version)
	same(t, "before", before(t, r, "lobby", 0, roomAll), []platform.Record{a2, b})
	since, version := changed(t, r, "lobby", b.Version, roomAll)
	same(t, "changed since b", since, []platform.Record{a2})
	same(t, "the room's version", version, a2.Version)
	since, _ = changed(t, r, "lobby", a2.Version, roomAll)
	same(t, "changed since the end", texts(since), []string{})
}

func roomOrder(t *testing.T, r platform.Rooms) {
	var made []platform.Record
	for i := range 20 {
		made = append(made, put(t, r, "lobby", strconv.Itoa(i), "x"))
	}
	put(t, r, "lobby", "3", "y") // the order of places is that of making
	same(t, "the last three", texts(before(t, r, "lobby", 0, 3)), []string{"17=x", "18=x", "19=x"})
	same(t, "three before 5", texts(before(t, r, "lobby", made[5].Place, 3)), []string{"2=x", "3=y", "4=x"})
	same(t, "before 2", texts(before(t, r, "lobby", made[2].Place, 3)), []string{"0=x", "1=x"})
	same(t, "before the first", texts(before(t, r, "lobby", made[0].Place, 3)), []string{})
	same(t, "none", texts(before(t, r, "lobby", 0, 0)), []string{})
	// What changed comes in pieces, each record once.
	var seen []string
	for since := int64(0); ; {
		piece, version := changed(t, r, "lobby", since, 7)
		seen = append(seen, texts(piece)...)
		if len(piece) > 0 {
			since = piece[len(piece)-1].Version
		}
		if since == version {
			break
		}
		if len(piece) == 0 {
			t.Fatalf("nothing changed since %d, and the version is %d", since, version)
		}
	}
	if len(seen) != 20 || seen[0] != "0=x" || seen[3] != "4=x" || seen[19] != "3=y" {
		t.Errorf("piece by piece: %v", seen)
	}
}

// roomLarge: an answer is bounded in bytes, has one record at least, and says
// whether there are more.
func roomLarge(t *testing.T, r platform.Rooms) {
	large, huge := strings.Repeat("x", platform.RoomAnswer*2/5), strings.Repeat("x", platform.RoomAnswer+1)
	for i, data := range []string{large, large, large, huge, large, "small"} {
		put(t, r, "lobby", strconv.Itoa(i), data)
	}
	ids := func(records []platform.Record) (s string) {
		for _, record := range records {
			s += record.ID
		}
		return s
	}
	var pieces []string
	for place, more := int64(0), true; more; {
		var records []platform.Record
		var err error
		if records, more, err = r.Before(t.Context(), "lobby", place, 5); err != nil || len(records) == 0 {
			t.Fatalf("Before %d: %d records, %v", place, len(records), err)
		}
		place, pieces = records[0].Place, append(pieces, ids(records))
	}
	same(t, "before, piece by piece", pieces, []string{"45", "3", "12", "0"})
	pieces = nil
	for since, version := int64(0), int64(1); since < version; {
		var records []platform.Record
		if records, version = changed(t, r, "lobby", since, roomAll); len(records) == 0 {
			t.Fatalf("nothing changed since %d, and the version is %d", since, version)
		}
		since, pieces = records[len(records)-1].Version, append(pieces, ids(records))
	}
	same(t, "changed, piece by piece", pieces, []string{"01", "2", "3", "45"})
	for limit, want := range map[int]bool{0: true, 1: true, 2: false, 3: false} {
		put(t, r, "den", "a", "x")
		put(t, r, "den", "b", "x")
		if records, more, err := r.Before(t.Context(), "den", 0, limit); err != nil || len(records) != min(limit, 2) || more != want {
			t.Errorf("Before, %d of 2: %d records, more: %v, %v", limit, len(records), more, err)
		}
	}
}

func roomUnchanged(t *testing.T, r platform.Rooms) {
	leave := func(platform.Record) []byte { return nil }
	if got, err := r.Update(t.Context(), "lobby", "a", leave); err != nil || got.ID != "a" || got.Version != 0 || got.Data != nil {
		t.Errorf("none, left as it is: %+v, %v", got, err)
	}
	a := put(t, r, "lobby", "a", "1")
	got, err := r.Update(t.Context(), "lobby", "a", leave)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "left as it is", got, a)
	if all, version := changed(t, r, "lobby", 0, roomAll); len(all) != 1 || version != a.Version {
		t.Errorf("after it: %v, version %d", all, version)
	}
}

// roomMake: of many who make the same record one does, and all get it.
func roomMake(t *testing.T, r platform.Rooms) {
	made := make([]platform.Record, 20)
	var wait sync.WaitGroup
	for i := range made {
		wait.Go(func() {
			var err error
			if made[i], err = r.Make(t.Context(), "lobby", "a", []byte{byte('a' + i)}); err != nil {
				t.Errorf("Make: %v", err)
			}
		})
	}
	wait.Wait()
	all, version := changed(t, r, "lobby", 0, roomAll)
	if len(all) != 1 || len(all[0].Data) != 1 || version != all[0].Version {
		t.Fatalf("%v, version %d", all, version)
	}
	for _, got := range made {
		same(t, "Make", got, all[0])
	}
	b := put(t, r, "lobby", "a", "edited")
	again, err := r.Make(t.Context(), "lobby", "a", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Make of one that was changed since", again, b)
}

// roomData: names and data are bytes, and nothing in them is taken for more.
func roomData(t *testing.T, r platform.Rooms) {
	for i, text := range []string{"", " ", "1 2 3 x", "\n\x00\xff", "{}", "a\r\n", string(make([]byte, 200))} {
		room, id := "room:"+text, "id:"+text
		put(t, r, room, id, "first "+text)
		made := put(t, r, room, id, text)
		got, err := r.Get(t.Context(), room, id)
		if err != nil || got.Data == nil && made.Data != nil {
			t.Errorf("%d: %v, %v", i, got, err)
		}
		same(t, fmt.Sprintf("%d: Get", i), texts([]platform.Record{got}), []string{id + "=" + text})
		all, _ := changed(t, r, room, 0, roomAll)
		same(t, fmt.Sprintf("%d: Changed", i), texts(all), []string{id + "=" + text})
	}
}

// roomConcurrency: no change is lost, and none is made on what was not seen.
func roomConcurrency(t *testing.T, r platform.Rooms) {
	const writers, changes = 8, 10
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range changes {
				_, err := r.Update(t.Context(), "lobby", "counter", func(now platform.Record) []byte {
					n, _ := strconv.Atoi(string(now.Data)) // 0 of none
					return []byte(strconv.Itoa(n + 1))
				})
				if err != nil {
					t.Errorf("Update: %v", err)
				}
				put(t, r, "lobby", fmt.Sprintf("%d-%d", w, i), "x")
			}
		})
	}
	wait.Wait()
	counter, err := r.Get(t.Context(), "lobby", "counter")
	if err != nil || string(counter.Data) != strconv.Itoa(writers*changes) {
		t.Errorf("the counter stands at %s, %v; want %d", counter.Data, err, writers*changes)
	}
	all, version := changed(t, r, "lobby", 0, roomAll)
	places := map[int64]bool{}
	for _, record := range all {
		places[record.Place] = true
	}
	first := before(t, r, "lobby", 0, roomAll)[0].Place
	if len(all) != writers*changes+1 || len(places) != len(all) {
		t.Errorf("%d records in %d places, want %d", len(all), len(places), writers*changes+1)
	}
	if last := before(t, r, "lobby", 0, 1)[0].Place; last != first+writers*changes {
		t.Errorf("places %d to %d", first, last)
	}
	if version < writers*changes*2 {
		t.Errorf("version %d after %d changes", version, writers*changes*2)
	}
}

// roomOwn: what is handed in and out is the reader's own.
func roomOwn(t *testing.T, r platform.Rooms) {
	data := []byte("data")
	made, err := r.Update(t.Context(), "lobby", "a", func(platform.Record) []byte { return data })
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	clear(made.Data)
	_, err = r.Update(t.Context(), "lobby", "a", func(now platform.Record) []byte {
		same(t, "what change is given", string(now.Data), "data")
		clear(now.Data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Get(t.Context(), "lobby", "a")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Get", string(got.Data), "data")
}

func roomsApart(t *testing.T, r platform.Rooms) {
	rooms := []string{"a", "a:b", "b", "", "A", "head:a", string(make([]byte, 100)), string(make([]byte, 101))}
	for _, room := range rooms {
		put(t, r, room, "id", "in "+room)
	}
	for _, room := range rooms {
		all, _ := changed(t, r, room, 0, roomAll)
		same(t, "room "+strconv.Quote(room), texts(all), []string{"id=in " + room})
	}
}

func roomEnded(t *testing.T, r platform.Rooms) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	called := false
	_, err := r.Update(ctx, "lobby", "a", func(platform.Record) []byte { called = true; return []byte("x") })
	if !errors.Is(err, context.Canceled) || called {
		t.Errorf("Update without a context: %v, change called: %v", err, called)
	}
}
