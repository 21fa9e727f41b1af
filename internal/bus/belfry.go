package bus

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// belfry has all streams of this process watched over few connections. Each of
// them is a strand: one blocking XREAD over all streams that waited when it
// began. What rang is let go, the others wait for the next strand to take
// them, at once if one is free.
//
// So a busy stream comes to have a strand to itself, and is never read along
// with a thousand quiet ones: they come back together, at the same beat, and
// one strand takes them all. In a Cluster a read is of one slot, so there each
// stream has a strand.
//
//	watch ─► waiting ─► strand: XREAD ─┬─ rang ─► the bell, which watches again once it was read
//	            ▲                      └─ not ──┐
//	            └───────────────────────────────┘
type belfry struct {
	bus   *Bus
	most  int  // strands
	alone bool // a strand takes one stream
	begun time.Time
	more  chan struct{} // poked when something waits

	mutex   sync.Mutex
	waiting []*watch
	strands int
	idle    int // of them
	life    context.Context
	end     context.CancelFunc
	wait    sync.WaitGroup
}

// watch is one stream being watched for what is newer than last.
type watch struct {
	stream string
	last   ID
	heard  chan error // once: nil = something is there
	gone   bool       // nobody listens
}

const (
	strandsMost = 8

	// Blocks end on a common beat, one to two beats after they began.
	beat = time.Second

	// The last free strand blocks for that long only, so that what comes to
	// wait meanwhile does not wait longer.
	lastBlock = 20 * time.Millisecond

	// Strands that come back on the beat are waited for, so that one of them
	// takes what all of them had.
	gather = 5 * time.Millisecond

	// A read of many streams is paid for stream by stream, about that much
	// each, and is not begun more often than it takes twice that.
	perStream = 5 * time.Microsecond

	idleMost = 3 * block // that a strand without work keeps its connection
)

func newBelfry(b *Bus) *belfry {
	f := &belfry{bus: b, most: strandsMost, begun: time.Now(), more: make(chan struct{}, 1)}
	if b.Cluster() {
		f.most, f.alone = 1<<20, true
	}
	f.life, f.end = context.WithCancel(context.Background())
	return f
}

// close cuts all strands.
func (f *belfry) close() {
	f.mutex.Lock()
	f.end()
	f.mutex.Unlock()
	f.wait.Wait()
}

// watch has a stream watched; it never waits.
func (f *belfry) watch(stream string, last ID) *watch {
	w := &watch{stream: stream, last: last, heard: make(chan error, 1)}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.waiting = append(f.waiting, w)
	if f.idle == 0 && f.strands < f.most && f.life.Err() == nil {
		f.strands++
		f.wait.Go(f.strand)
	}
	f.poke()
	return w
}

// leave says that nobody listens any more.
func (f *belfry) leave(w *watch) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	w.gone = true
}

func (f *belfry) poke() {
	select {
	case f.more <- struct{}{}:
	default:
	}
}

// strand reads as long as there is something to watch, and a little longer.
func (f *belfry) strand() {
	client := f.bus.newClient(1)
	defer func() { client.Close() }()
	for {
		set, wait := f.take()
		if set == nil {
			return
		}
		pause(f.life, time.Duration(len(set)-1)*perStream*2)
		rang, err := f.read(client, set, wait)
		switch {
		case errors.Is(err, errStuck):
			f.bus.log.Warn("the blocking read is stuck; connecting anew", "stream", set[0].stream, "streams", len(set))
			client.Close()
			client = f.bus.newClient(1)
			err = nil
		case err != nil && len(set) > 1 && refused(err):
			rang, err = f.ask(client, set), nil
		}
		f.back(set, rang, err)
		if rang == nil && err == nil {
			pause(f.life, gather)
		}
	}
}

// take takes what waits, and says how long to block for it; nil: nothing came
// for long, or the belfry is closed, and the strand is no more.
func (f *belfry) take() ([]*watch, time.Duration) {
	timer := time.NewTimer(idleMost)
	defer timer.Stop()
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for over := false; ; {
		f.waiting = slices.DeleteFunc(f.waiting, func(w *watch) bool { return w.gone })
		if f.life.Err() != nil || over && len(f.waiting) == 0 {
			f.strands--
			return nil, 0
		}
		if n := len(f.waiting); n > 0 {
			if f.alone {
				n = 1
			}
			set := slices.Clone(f.waiting[:n])
			f.waiting = slices.Delete(f.waiting, 0, n)
			if len(f.waiting) > 0 {
				f.poke()
			}
			if f.strands-f.idle >= f.most {
				return set, lastBlock
			}
			return set, 2*beat - time.Since(f.begun)%beat
		}
		f.idle++
		f.mutex.Unlock()
		select {
		case <-f.more:
		case <-timer.C:
			over = true
		case <-f.life.Done():
		}
		f.mutex.Lock()
		f.idle--
	}
}

var errStuck = errors.New("the blocking read does not come back")

// read waits for something new in a set, and returns the streams that have
// it; none: nothing came.
func (f *belfry) read(client redis.UniversalClient, set []*watch, wait time.Duration) (rang map[string]error, err error) {
	from := map[string]ID{} // a stream that is watched twice, from the earlier one on
	for _, w := range set {
		if id, twice := from[w.stream]; !twice || w.last.Compare(id) < 0 {
			from[w.stream] = w.last
		}
	}
	var streams, ids []string
	for stream, id := range from {
		streams, ids = append(streams, stream), append(ids, id.String())
	}
	type result struct {
		streams []redis.XStream
		err     error
	}
	answer := make(chan result, 1)
	go func() {
		got, err := client.XRead(f.life, &redis.XReadArgs{Streams: append(streams, ids...), Count: 1, Block: wait}).Result()
		answer <- result{got, err}
	}()
	watchdog := time.NewTimer(3 * block)
	defer watchdog.Stop()
	select {
	case r := <-answer:
		if errors.Is(r.err, redis.Nil) {
			return nil, nil
		}
		rang = map[string]error{}
		for _, s := range r.streams {
			rang[s.Stream] = nil
		}
		return rang, r.err
	case <-watchdog.C:
		return nil, errStuck
	case <-f.life.Done():
		return nil, nil
	}
}

// ask asks for each stream of a set alone, after Redis has refused all for the
// sake of some: one that is no stream, or that we may not read.
func (f *belfry) ask(client redis.UniversalClient, set []*watch) map[string]error {
	rang := map[string]error{}
	for _, w := range set {
		err := client.XRead(f.life, &redis.XReadArgs{Streams: []string{w.stream, w.last.String()}, Count: 1, Block: -1}).Err()
		if !errors.Is(err, redis.Nil) {
			rang[w.stream] = err
		}
	}
	return rang
}

// back rings for what has rung, for all if there was an error, and has the
// others wait for a strand again.
func (f *belfry) back(set []*watch, rang map[string]error, err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, w := range set {
		alone, ring := rang[w.stream]
		switch {
		case err != nil:
			w.heard <- err
		case ring:
			w.heard <- alone
		case !w.gone:
			f.waiting = append(f.waiting, w)
		}
	}
}
