package slack

import (
	"context"
	"sync"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// fetches are the events with files that came lately. Slack brings one again that
// is not acknowledged yet, and a mention as two events: its files are fetched
// once.
type fetches struct {
	mutex sync.Mutex
	byID  map[string]*fetch // by the event's id
	order []string          // the oldest first
}

// fetch is one event with files.
type fetch struct {
	turn     chan struct{}                  // holds a value while somebody records the event
	kept     map[string]envelope.Attachment // what was fetched of it, by the file's id, until it is recorded
	recorded bool
}

// mostFetches are remembered: Slack brings an event again for some minutes.
const mostFetches = 1024

func newFetches() *fetches { return &fetches{byID: map[string]*fetch{}} }

func (f *fetches) of(id string) *fetch {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	one := f.byID[id]
	if one == nil {
		if len(f.order) == mostFetches {
			delete(f.byID, f.order[0])
			f.order = f.order[1:]
		}
		one = &fetch{turn: make(chan struct{}, 1), kept: map[string]envelope.Attachment{}}
		f.byID[id], f.order = one, append(f.order, id)
	}
	return one
}

// withFiles fetches an event's files and records it. What could be fetched of an
// event that could not be recorded is there when that is tried again.
func (a *Adapter) withFiles(ctx context.Context, host platform.Host, e *envelope.Event, files []file) error {
	f := a.fetches.of(e.EventID)
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if f.recorded {
		return nil
	}
	e.Attachments = a.keep(ctx, host, files, f.kept)
	if ctx.Err() != nil { // we are closed: a file that is missing for that comes when Slack brings it again
		return ctx.Err()
	}
	err := publish(ctx, host, e)
	if err == nil {
		f.recorded, f.kept = true, nil
	}
	return err
}
