package slack

import "sync"

// turns takes what happens in one channel one after the other, in the order it
// came in, over however many connections; the channels do not wait for each
// other.
type turns struct {
	mutex   sync.Mutex
	waiting map[string][]func() // by channel, the first one under way
	count   int
	loops   sync.WaitGroup
}

// mostTurns is how much may wait. What comes beyond is left to Slack, which
// brings it again.
const mostTurns = 512

func newTurns() *turns { return &turns{waiting: map[string][]func(){}} }

// run has do called in its channel's turn; false: too much waits.
func (t *turns) run(channel string, do func()) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.count >= mostTurns {
		return false
	}
	t.count++
	t.waiting[channel] = append(t.waiting[channel], do)
	if len(t.waiting[channel]) == 1 {
		t.loops.Go(func() { t.drain(channel) })
	}
	return true
}

// drain does what waits in a channel until nothing does.
func (t *turns) drain(channel string) {
	for {
		t.mutex.Lock()
		do := t.waiting[channel][0]
		t.mutex.Unlock()
		do()
		t.mutex.Lock()
		t.count--
		rest := t.waiting[channel][1:]
		t.waiting[channel] = rest
		if len(rest) == 0 {
			delete(t.waiting, channel)
			t.mutex.Unlock()
			return
		}
		t.mutex.Unlock()
	}
}

// wait waits until nothing is done any more.
func (t *turns) wait() { t.loops.Wait() }
