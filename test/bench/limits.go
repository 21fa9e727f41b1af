package main

import (
	"sync"
	"time"
)

// rate is so many requests within a time; the zero one bounds nothing.
type rate struct {
	many int
	per  time.Duration
}

// window is when the last requests of one rate were made, the oldest first.
type window []time.Time

// wait is how long it is until one more keeps within a rate.
func (w window) wait(r rate, now time.Time) time.Duration {
	if r.many == 0 || len(w) < r.many {
		return 0
	}
	return max(0, w[len(w)-r.many].Add(r.per).Sub(now))
}

func (w *window) note(r rate, now time.Time) {
	*w = append(*w, now)
	if over := len(*w) - r.many; over > 0 {
		*w = append((*w)[:0], (*w)[over:]...)
	}
}

// ledger counts requests against the two rates of a platform: the platform's own
// one, or its adapter's.
type ledger struct {
	account, channel rate

	mutex    sync.Mutex
	all      window
	channels map[string]*window
}

func newLedger(account, channel rate) *ledger {
	return &ledger{account: account, channel: channel, channels: map[string]*window{}}
}

// take counts a request, or says how long it must wait, and whether for the
// account.
func (l *ledger) take(channel string, now time.Time) (wait time.Duration, account bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if wait, account = l.left(channel, now); wait == 0 {
		l.all.note(l.account, now)
		l.of(channel).note(l.channel, now)
	}
	return wait, account
}

func (l *ledger) left(channel string, now time.Time) (wait time.Duration, account bool) {
	if wait := l.all.wait(l.account, now); wait > 0 {
		return wait, true
	}
	return l.of(channel).wait(l.channel, now), false
}

// waits is how long each of the two is shut.
func (l *ledger) waits(channel string, now time.Time) (account, ofChannel time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.all.wait(l.account, now), l.of(channel).wait(l.channel, now)
}

func (l *ledger) of(channel string) *window {
	w := l.channels[channel]
	if w == nil {
		w = &window{}
		l.channels[channel] = w
	}
	return w
}
