// Package typist shows on a platform that we type for as long as was asked, in
// each place, and until the next message: again and again where the platform
// shows it for some seconds at a time, and taken away where it shows it longer.
package typist

import (
	"context"
	"sync"
	"time"
)

// Place is a channel and a thread in it.
type Place struct{ Channel, Thread string }

// Typist goes on with what has been shown once. It is safe for concurrent use.
type Typist struct {
	needed func(ttl time.Duration) bool // something is left to be done, then
	goOn   func(ctx context.Context, p Place, ttl time.Duration)

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
	return &Typist{
		open:   map[Place]*spell{},
		needed: func(ttl time.Duration) bool { return ttl > lasts },
		goOn: func(ctx context.Context, p Place, ttl time.Duration) {
			limited, cancel := context.WithTimeout(ctx, ttl)
			defer cancel()
			tick := time.NewTicker(renewed)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					show(limited, p)
				case <-limited.Done():
					return
				}
			}
		},
	}
}

// NewCleared makes a typist for a platform that shows it until it is cleared, or
// until lasts is over.
func NewCleared(lasts time.Duration, clear func(context.Context, Place)) *Typist {
	return &Typist{
		open:   map[Place]*spell{},
		needed: func(ttl time.Duration) bool { return 0 < ttl && ttl < lasts },
		goOn: func(ctx context.Context, p Place, ttl time.Duration) {
			timer := time.NewTimer(ttl)
			defer timer.Stop()
			select {
			case <-timer.C:
				clear(ctx, p)
			case <-ctx.Done():
			}
		},
	}
}

// Begin has it shown until ttl is over; it has just been shown once. With no ttl it
// has ended.
func (t *Typist) Begin(p Place, ttl time.Duration) {
	t.End(p)
	if !t.needed(ttl) {
		return
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.ended {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	now := &spell{cancel}
	t.open[p] = now
	t.loops.Go(func() {
		defer t.over(p, now)
		t.goOn(ctx, p, ttl)
	})
}

// End lets go of it: a message was sent, or nobody types any more.
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

// StopAll lets go of it everywhere, and nothing begins any more.
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
