package gateway

import (
	"context"
	"sync"
	"time"
)

// pulse asks Redis every half second whether it answers, so that a probe
// never has to: it is told at once whatever Redis does.
type pulse struct {
	ping func(context.Context) error

	mutex   sync.Mutex
	beat    bool
	err     error
	ending  bool
	changed chan struct{} // closed and renewed at each change
}

const (
	pulseEvery   = 500 * time.Millisecond
	pulseTimeout = time.Second
)

func newPulse(ping func(context.Context) error) *pulse {
	return &pulse{ping: ping, changed: make(chan struct{})}
}

// run asks until ctx ends.
func (p *pulse) run(ctx context.Context) {
	ticker := time.NewTicker(pulseEvery)
	defer ticker.Stop()
	for {
		limited, cancel := context.WithTimeout(ctx, pulseTimeout)
		err := p.ping(limited)
		cancel()
		if ctx.Err() == nil { // else it says nothing about Redis
			p.set(err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (p *pulse) set(err error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if was := p.beat; was != (err == nil) {
		close(p.changed)
		p.changed = make(chan struct{})
	}
	p.beat, p.err = err == nil, err
}

// answers reports whether Redis answered the last time it was asked.
func (p *pulse) answers() (bool, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.beat, p.err
}

// awaitBeat waits until Redis answers. False: ctx has ended.
func (p *pulse) awaitBeat(ctx context.Context) bool {
	for ctx.Err() == nil {
		p.mutex.Lock()
		beat, changed := p.beat, p.changed
		p.mutex.Unlock()
		if beat {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return false
}

// stopping says that the node is on its way out, and not ready any more.
func (p *pulse) stopping() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.ending = true
}

func (p *pulse) isStopping() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.ending
}
