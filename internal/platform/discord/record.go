package discord

import (
	"context"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// queue is what came over one connection and is not recorded yet, in order. It
// is bounded: when it is full, the connection ends, and what was not taken in
// comes again with the session.
type queue struct {
	mutex  sync.Mutex
	frames []frame
	size   int // bytes
	from   cursor
	stored int64 // the number in the cursor that is in Redis: it follows from, see movedEvery
	ready  bool  // the session has begun, or goes on
	closed bool
	news   chan struct{} // holds one value when there may be something
}

const (
	queueMost  = 10_000
	queueBytes = 128 << 20
)

// newQueue continues from a cursor, which is zero for a new session, and of which
// Redis has the number stored.
func newQueue(from cursor, stored int64) *queue {
	return &queue{from: from, stored: stored, news: make(chan struct{}, 1)}
}

// put takes a frame in, unless there is no room.
func (q *queue) put(f frame) bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if len(q.frames) >= queueMost || q.size >= queueBytes {
		return false
	}
	q.frames = append(q.frames, f)
	q.size += len(f.Data)
	q.ring()
	return true
}

// close says that nothing more comes.
func (q *queue) close() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.closed = true
	q.ring()
}

func (q *queue) ring() {
	select {
	case q.news <- struct{}{}:
	default:
	}
}

// next is the oldest frame, once there is one; false when there never will be,
// or ctx has ended.
func (q *queue) next(ctx context.Context) (frame, bool) {
	for {
		q.mutex.Lock()
		if ctx.Err() == nil && len(q.frames) > 0 {
			f := q.frames[0]
			q.mutex.Unlock()
			return f, true
		}
		closed := q.closed
		q.mutex.Unlock()
		if closed || ctx.Err() != nil {
			return frame{}, false
		}
		select {
		case <-q.news:
		case <-ctx.Done():
		}
	}
}

// done lets go of the oldest frame: it is recorded, and the session is there;
// stored: as the cursor, too.
func (q *queue) done(at cursor, stored bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.ready = q.ready || begins(&q.frames[0])
	q.size -= len(q.frames[0].Data)
	q.frames = q.frames[1:]
	q.from = at
	if stored {
		q.stored = at.Seq
	}
}

func (q *queue) wasReady() bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return q.ready
}

// begins reports whether a frame says that a session has begun or goes on.
func begins(f *frame) bool { return f.Type == "READY" || f.Type == "RESUMED" }

// position is how far it is recorded.
func (q *queue) position() cursor {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return q.from
}

// recorded is from where the session would be resumed if the process died now.
func (q *queue) recorded() int64 {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return q.stored
}

// movedEvery is how often the cursor follows what no worker hears of: our own
// messages, above all. Should the process die, so much comes again.
const movedEvery = 5 * time.Second

// record publishes what comes, in order, each with the place in the session
// behind it: if the process dies, whoever resumes gets all that is not there
// yet, and what is there is known by its id.
func (a *Adapter) record(ctx context.Context, host platform.Host, q *queue) {
	moved := time.Now()
	for {
		f, ok := q.next(ctx)
		if !ok {
			return
		}
		f.inTurn()
		a.places.learn(&f)
		at := q.position()
		began := f.Type == "READY"
		if began {
			at = a.began(f)
		}
		at.Seq = f.Seq
		recorded := false
		for n := 1; ; n++ {
			var err error
			if recorded, err = a.take(ctx, host, &f, at); err == nil {
				break
			}
			if ctx.Err() != nil {
				return
			}
			host.Log().Warn("an event could not be recorded; trying again", "type", f.Type, "seq", f.Seq, "error", err)
			webapi.Pause(ctx, backoff(n))
		}
		if !recorded && (began || time.Since(moved) >= movedEvery) {
			if recorded = a.move(ctx, host, at); !recorded {
				return
			}
		}
		if recorded {
			moved = time.Now()
		}
		q.done(at, recorded)
		if begins(&f) { // not before: what happens from now on is lost to nobody
			host.State(platform.StateReady, "")
		}
	}
}

// move records the place alone, trying until it is recorded.
func (a *Adapter) move(ctx context.Context, host platform.Host, at cursor) bool {
	for n := 1; ctx.Err() == nil; n++ {
		err := host.Publish(ctx, envelope.Event{}, at.String())
		if err == nil {
			return true
		}
		host.Log().Warn("where the session is could not be recorded; trying again", "error", err)
		webapi.Pause(ctx, backoff(n))
	}
	return false
}

// take publishes what one frame says, and reports whether the cursor went with
// it. A frame that cannot be read is told of and passed over: it would be the
// same the next time.
func (a *Adapter) take(ctx context.Context, host platform.Host, f *frame, at cursor) (recorded bool, err error) {
	what, err := a.read(ctx, host, f, at.Session)
	if err != nil {
		return false, err
	}
	for i, e := range what.events {
		if e.Event == envelope.EventDelete && a.deleted.has(e.MessageID) {
			continue // an echo of our own
		}
		place := ""
		if i == len(what.events)-1 {
			place = at.String()
			if len(what.files) > 0 && f.kept == nil && host.Takes(e) {
				f.kept = a.keep(ctx, host, what.files)
			}
			e.Attachments = f.kept
		}
		if ctx.Err() != nil {
			return false, ctx.Err() // its files may be lacking: whoever goes on brings it whole
		}
		if err := a.publish(ctx, host, e, place, &what); err != nil {
			return false, err
		}
		recorded = place != ""
	}
	return recorded, nil
}

// read is what a frame says, with its place. It fails where Discord does not
// tell what that is. What it cannot make out it tells of, and it says nothing.
func (a *Adapter) read(ctx context.Context, host platform.Host, f *frame, session string) (what decoded, err error) {
	in := about{me: a.me.Load(), session: session}
	if f.Type == "GUILD_MEMBER_ADD" || f.Type == "GUILD_MEMBER_REMOVE" {
		in.place, err = a.places.hall(ctx, a.client, guildIn(f))
	} else {
		in.place, err = a.places.of(ctx, a.client, channelIn(f))
	}
	if err != nil {
		return decoded{}, err
	}
	what, err = decode(f, in)
	if err != nil {
		host.Log().Error("an event cannot be read and is passed over", "type", f.Type, "seq", f.Seq, "error", err)
		if what.interaction != nil {
			a.answers.await(what.interaction.token(), host.Now()) // no worker will answer it
		}
		return decoded{}, nil
	}
	if what.interaction != nil {
		what.events[0].InteractionID = a.sealedID(what.interaction, in.place.thread != "")
	}
	return what, nil
}

// publish publishes one event of what a frame says. Discord is told in time of a
// click or a command that was recorded, or that may have been while we end: then
// the next owner may go on behind it.
func (a *Adapter) publish(ctx context.Context, host platform.Host, e envelope.Event, place string, what *decoded) error {
	if what.interaction == nil {
		return host.Publish(ctx, e, place)
	}
	t := what.interaction.token()
	a.answers.expect(t, host.Now())
	err := host.Publish(ctx, e, place)
	if err == nil || ctx.Err() != nil {
		a.answers.await(t, host.Now())
	}
	return err
}
