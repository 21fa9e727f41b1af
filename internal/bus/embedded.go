package bus

import (
	"time"

	"github.com/alicebob/miniredis/v2"
)

// tick is how often the embedded Redis' clock is moved on. Its keys expire
// only by that, so an expiry is at most this late.
const tick = 50 * time.Millisecond

// embedded is a Redis in this process, for trying out. Nothing in it survives
// the process.
type embedded struct {
	*miniredis.Miniredis
	done    chan struct{}
	stopped chan struct{}
}

func startEmbedded() (*embedded, error) {
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, err
	}
	e := &embedded{Miniredis: server, done: make(chan struct{}), stopped: make(chan struct{})}
	go e.run()
	return e, nil
}

func (e *embedded) run() {
	defer close(e.stopped)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case now := <-ticker.C:
			e.FastForward(now.Sub(last))
			last = now
		case <-e.done:
			return
		}
	}
}

func (e *embedded) stop() {
	close(e.done)
	<-e.stopped
	e.Close()
}
