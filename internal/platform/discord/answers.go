package discord

import (
	"context"
	"sync"
	"time"
)

// answers are the interactions whose time has not run out, as far as this node
// has to do with them. Discord waits for three seconds: by then there is an
// answer, or we say that one will come.
type answers struct {
	after       time.Duration
	acknowledge func(ctx context.Context, t token)

	mutex sync.Mutex
	open  map[string]*waiting
	stops chan struct{} // closed: say so now, nobody else will in time
	loops sync.WaitGroup
}

// waiting is one interaction. What it is, whoever holds its turn reads and sets.
type waiting struct {
	token token
	until time.Time     // by when nobody can answer any more
	turn  chan struct{} // holds one value, of who may answer

	stage   stage
	settled bool // nothing shows any more that we think, and nothing will

	awaited bool // it is seen to that Discord is told in time; the answers' mutex guards it
}

// stage is how far an interaction is.
type stage int

const (
	fresh    stage = iota // nobody has told Discord anything
	doubtful              // the first answer was sent, and perhaps taken
	taken                 // Discord knows that we have it, or it is too late
)

func newAnswers(after time.Duration, acknowledge func(context.Context, token)) *answers {
	return &answers{after: after, acknowledge: acknowledge, open: map[string]*waiting{}, stops: make(chan struct{})}
}

func (a *answers) start() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.stops = make(chan struct{})
}

func (a *answers) stop() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	select {
	case <-a.stops:
	default:
		close(a.stops)
	}
}

func (a *answers) wait() { a.loops.Wait() }

// of is an interaction, as this node knows it. One that it has not seen come, an
// earlier owner of the session has acknowledged.
func (a *answers) of(t token, now time.Time) *waiting {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.get(t, now, taken)
}

func (a *answers) get(t token, now time.Time, otherwise stage) *waiting {
	if w := a.open[t.ID]; w != nil {
		return w
	}
	for id, old := range a.open {
		if now.After(old.until) {
			delete(a.open, id)
		}
	}
	w := &waiting{token: t, until: now.Add(interactionLasts), turn: make(chan struct{}, 1), stage: otherwise}
	w.turn <- struct{}{}
	a.open[t.ID] = w
	return w
}

// expect makes an interaction known before a worker can hear of it: a worker may
// answer before whoever recorded it has gone on.
func (a *answers) expect(t token, now time.Time) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.get(t, now, fresh)
}

// await sees to it that an interaction that has been recorded is acknowledged
// in time. One that comes again is left as it is.
func (a *answers) await(t token, now time.Time) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	w := a.get(t, now, fresh)
	if w.awaited {
		return
	}
	w.awaited = true
	stops := a.stops
	left := a.after - max(0, now.Sub(t.made()))
	a.loops.Go(func() {
		if left > 0 {
			timer := time.NewTimer(left)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-stops:
			}
		}
		<-w.turn
		defer func() { w.turn <- struct{}{} }()
		if w.stage != fresh {
			return
		}
		limited, cancel := context.WithTimeout(context.Background(), interactionWaits)
		defer cancel()
		a.acknowledge(limited, w.token)
		w.stage = taken
	})
}
