package outbound

import (
	"context"
	"sync/atomic"
	"time"
)

// room tells the reader whether the desk has room for more in memory. What is
// read beyond it is queued as an id and read again in its turn, which costs more
// than the delivery; so a reader that is ahead of a desk which is getting on
// waits a moment.
//
// A moment only where nothing leaves, and a few where much does: lanes that are
// stuck hold up neither the others nor the RPCs behind them in the stream.
type room struct {
	full atomic.Bool
	left atomic.Int64  // entries that have left, ever
	made chan struct{} // poked when it is full no more
}

// How long the reader waits for room before each read. With 512 entries a read it
// goes through 50,000 a second where nothing leaves; and where at least 10,000 a
// second do, through as many as that.
const (
	roomMoment  = 10 * time.Millisecond
	roomMoments = 5   // at most
	roomLeft    = 100 // have to leave in one, for another to be waited
)

func newRoom() *room { return &room{made: make(chan struct{}, 1)} }

// set says whether there is none: the desk's.
func (r *room) set(full bool) {
	if r.full.Swap(full) && !full {
		select {
		case r.made <- struct{}{}:
		default:
		}
	}
}

// await waits for room: the reader's.
func (r *room) await(ctx context.Context) {
	if !r.full.Load() {
		return
	}
	tick := time.NewTicker(roomMoment)
	defer tick.Stop()
	left := r.left.Load()
	for moments := 1; r.full.Load(); {
		select {
		case <-r.made: // or left over from before
		case <-tick.C:
			now := r.left.Load()
			if moments == roomMoments || now-left < roomLeft {
				return
			}
			moments, left = moments+1, now
		case <-ctx.Done():
			return
		}
	}
}
