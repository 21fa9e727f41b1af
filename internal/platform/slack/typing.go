package slack

import (
	"context"
	"sync"
	"time"
)

// typist takes the status of typing away again when its time is over. Slack
// shows it until then by itself, two minutes at most, and until the next
// message.
type typist struct {
	clear func(ctx context.Context, place place)
	mutex sync.Mutex
	open  map[place]*spell // nil while the bot is closed
	loops sync.WaitGroup
}

// place is a channel and a thread in it.
type place struct{ channel, thread string }

// spell is one time of typing.
type spell struct{ cancel context.CancelFunc }

func newTypist(clear func(context.Context, place)) *typist {
	return &typist{clear: clear}
}

// start lets there be typing, until stop.
func (t *typist) start() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.open = map[place]*spell{}
}

// begin has the status that is shown by now taken away after ttl; with none, it
// has been taken away already.
func (t *typist) begin(p place, ttl time.Duration) {
	t.forget(p)
	if ttl <= 0 || ttl >= statusLasts {
		return
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.open == nil {
		return // it was asked for before the bot was closed, and answered after
	}
	ctx, cancel := context.WithCancel(context.Background())
	now := &spell{cancel}
	t.open[p] = now
	t.loops.Go(func() {
		defer t.over(p, now)
		timer := time.NewTimer(ttl)
		defer timer.Stop()
		select {
		case <-timer.C:
			t.clear(ctx, p)
		case <-ctx.Done():
		}
	})
}

// forget: there is no status any more that would have to be taken away.
func (t *typist) forget(p place) {
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

// stop forgets all and waits until nothing runs any more. What still stands
// goes within two minutes.
func (t *typist) stop() {
	t.mutex.Lock()
	for _, now := range t.open {
		now.cancel()
	}
	t.open = nil
	t.mutex.Unlock()
	t.loops.Wait()
}
