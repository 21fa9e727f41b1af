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
// A moment only, whatever becomes of the desk: lanes that are stuck hold up
// neither the others nor the RPCs behind them in the stream.
type room struct {
	full atomic.Bool
	made chan struct{} // poked when it is so no more
}

// roomMoment is how long the reader waits for room before each read: with 512
// entries a read it still goes through 50,000 a second.
const roomMoment = 10 * time.Millisecond

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

// await waits for room, a moment at most: the reader's.
func (r *room) await(ctx context.Context) {
	if !r.full.Load() {
		return
	}
	timer := time.NewTimer(roomMoment)
	defer timer.Stop()
	for r.full.Load() {
		select {
		case <-r.made: // or left over from before
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
