package telegram

import (
	"context"
	"sync"
	"time"
)

// typist shows that we type for as long as was asked, in each chat: Telegram
// shows it for 5 s at a time, and until the next message.
type typist struct {
	show  func(ctx context.Context, place place)
	mutex sync.Mutex
	open  map[place]*spell
	loops sync.WaitGroup
}

// place is a chat and a topic in it.
type place struct{ chat, thread string }

// spell is one time of typing.
type spell struct{ cancel context.CancelFunc }

func newTypist(show func(context.Context, place)) *typist {
	return &typist{show: show, open: map[place]*spell{}}
}

// begin goes on showing it until ttl is over; it has just been shown once.
func (t *typist) begin(p place, ttl time.Duration) {
	t.end(p)
	if ttl <= typingLasts {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), ttl)
	t.mutex.Lock()
	now := &spell{cancel}
	t.open[p] = now
	t.mutex.Unlock()
	t.loops.Go(func() {
		defer t.over(p, now)
		tick := time.NewTicker(typingRenewed)
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

// end stops showing it: a message was sent, or nobody types any more.
func (t *typist) end(p place) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if now := t.open[p]; now != nil {
		now.cancel()
		delete(t.open, p)
	}
}

// over lets go of a spell that has come to its end.
func (t *typist) over(p place, s *spell) {
	s.cancel()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.open[p] == s {
		delete(t.open, p)
	}
}

func (t *typist) stopAll() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for p, now := range t.open {
		now.cancel()
		delete(t.open, p)
	}
}

// wait waits until nothing is shown any more, after stopAll.
func (t *typist) wait() { t.loops.Wait() }
