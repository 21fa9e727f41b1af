package platformtest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/posternhq/postern/platform"
)

// rooms is platform.Rooms in memory, which forgets nothing.
type rooms struct {
	mu       sync.Mutex
	rooms    map[string]*room
	watchers map[*watcher]bool
}

type room struct {
	version, place int64
	records        map[string]platform.Record
}

// watcher is one Watch. Its news waits in a queue without bound: a test's.
type watcher struct {
	news []platform.RoomNews
	more chan struct{}
}

var _ platform.Rooms = (*rooms)(nil)

func newRooms() *rooms {
	return &rooms{rooms: map[string]*room{}, watchers: map[*watcher]bool{}}
}

func (r *rooms) Update(ctx context.Context, name, id string, change func(platform.Record) []byte) (platform.Record, error) {
	if err := ctx.Err(); err != nil {
		return platform.Record{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	in := r.room(name)
	record, known := in.records[id]
	record.ID = id
	data := change(own(record))
	if data == nil {
		return own(record), nil
	}
	in.version++
	if !known {
		in.place++
		record.Place = in.place
	}
	record.Version, record.Data = in.version, bytes.Clone(data)
	in.records[id] = record
	news := own(record)
	r.tell(platform.RoomNews{Room: name, Record: &news})
	return own(record), nil
}

func (r *rooms) Make(ctx context.Context, name, id string, data []byte) (platform.Record, error) {
	return r.Update(ctx, name, id, func(now platform.Record) []byte {
		if now.Place != 0 {
			return nil
		}
		return data
	})
}

func (r *rooms) Get(ctx context.Context, name, id string) (platform.Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	record, ok := r.room(name).records[id]
	if !ok {
		return platform.Record{ID: id}, platform.ErrRecordGone
	}
	return own(record), ctx.Err()
}

func (r *rooms) Changed(ctx context.Context, name string, since int64, limit int) ([]platform.Record, int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := r.room(name)
	found := in.sorted(func(x platform.Record) int64 { return x.Version }, func(x platform.Record) bool { return x.Version > since })
	return found[:listed(found, limit)], in.version, ctx.Err()
}

func (r *rooms) Before(ctx context.Context, name string, place int64, limit int) ([]platform.Record, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.room(name).sorted(func(x platform.Record) int64 { return x.Place },
		func(x platform.Record) bool { return place == 0 || x.Place < place })
	slices.Reverse(found)
	n := listed(found, limit)
	more, found := n < len(found), found[:n]
	slices.Reverse(found)
	return found, more, ctx.Err()
}

// listed is how many of the records one answer brings.
func listed(records []platform.Record, limit int) int {
	n, size := min(max(limit, 0), len(records)), 0
	for i, record := range records[:n] {
		if size += len(record.Data); size > platform.RoomAnswer && i > 0 {
			return i
		}
	}
	return n
}

func (r *rooms) Signal(ctx context.Context, name string, data []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(platform.RoomNews{Room: name, Signal: bytes.Clone(data)})
	return ctx.Err()
}

func (r *rooms) Watch(ctx context.Context, f func(platform.RoomNews)) error {
	w := &watcher{more: make(chan struct{}, 1)}
	r.mu.Lock()
	r.watchers[w] = true
	r.mu.Unlock()
	go func() {
		for {
			select {
			case <-w.more:
			case <-ctx.Done():
				r.mu.Lock()
				delete(r.watchers, w)
				r.mu.Unlock()
				return
			}
			r.mu.Lock()
			news := w.news
			w.news = nil
			r.mu.Unlock()
			for _, n := range news {
				f(n)
			}
		}
	}()
	return nil
}

// room returns a room, made if need be. The mutex is held, as below.
func (r *rooms) room(name string) *room {
	in, ok := r.rooms[name]
	if !ok {
		in = &room{records: map[string]platform.Record{}}
		r.rooms[name] = in
	}
	return in
}

func (r *rooms) tell(n platform.RoomNews) {
	for w := range r.watchers {
		w.news = append(w.news, n)
		select {
		case w.more <- struct{}{}:
		default:
		}
	}
}

// own is a record whose data is the reader's own.
func own(record platform.Record) platform.Record {
	record.Data = bytes.Clone(record.Data)
	return record
}

// sorted returns copies of some of the records, in order.
func (r *room) sorted(by func(platform.Record) int64, which func(platform.Record) bool) []platform.Record {
	found := slices.DeleteFunc(slices.Collect(maps.Values(r.records)), func(x platform.Record) bool { return !which(x) })
	slices.SortFunc(found, func(a, b platform.Record) int { return cmp.Compare(by(a), by(b)) })
	for i := range found {
		found[i] = own(found[i])
	}
	return found
}
