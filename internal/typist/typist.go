// Package typist shows on a platform that we type for as long as was asked, in
// each place, where the platform shows it for some seconds at a time, and until
// the next message.
package typist

import (
	"context"
	"sync"
	"time"
)

// Place is a channel and a thread in it.
type Place struct{ Channel, Thread string }

// Typist shows it again and again. It is safe for concurrent use.
type Typist struct {
	lasts, renewed time.Duration
	show           func(ctx context.Context, p Place)

	mutex sync.Mutex
	open  map[Place]*spell
	ended bool // nothing begins: what is answered late is of a connection that is closed
	loops sync.WaitGroup
}

// spell is one time of typing.
type spell struct{ cancel context.CancelFunc }

// New makes a typist for a platform that shows it for as long as lasts. show
// shows it once more, each renewed.
func New(lasts, renewed time.Duration, show func(context.Context, Place)) *Typist {
	return &Typist{lasts: lasts, renewed: renewed, show: show, open: map[Place]*spell{}}
}

// Begin goes on showing it until ttl is over; it has just been shown once.
func (t *Typist) Begin(p Place, ttl time.Duration) {
	t.End(p)
	if ttl <= t.lasts {
		return
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.ended {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), ttl)
	now := &spell{cancel}
	t.open[p] = now
	t.loops.Go(func() {
		defer t.over(p, now)
		tick := time.NewTicker(t.renewed)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				t.show(ctx, p)
			case <-ctx.Done():
				return
			}
		}
	})
}

// End stops showing it: a message was sent, or nobody types any more.
func (t *Typist) End(p Place) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if now := t.open[p]; now != nil {
		now.cancel()
		delete(t.open, p)
	}
}

// over lets go of a spell that has come to its end.
func (t *Typist) over(p Place, s *spell) {
	s.cancel()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.open[p] == s {
		delete(t.open, p)
	}
}

// Start lets it begin again after StopAll.
func (t *Typist) Start() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.ended = false
}

// StopAll ends it everywhere, and nothing begins any more.
func (t *Typist) StopAll() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.ended = true
	for p, now := range t.open {
		now.cancel()
		delete(t.open, p)
	}
}

// Wait waits until nothing is shown any more, after StopAll.
func (t *Typist) Wait() { t.loops.Wait() }
