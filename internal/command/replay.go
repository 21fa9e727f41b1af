package command

import (
	"context"
	"fmt"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// done is what became of one record, as --json prints it.
type done struct {
	ID       string `json:"id"`
	Platform string `json:"platform"`
	Done     string `json:"done,omitempty"`  // replayed, dropped; "" = it failed
	Entry    string `json:"entry,omitempty"` // the new one
	Error    string `json:"error,omitempty"`
}

// String is its line.
func (d done) String() string {
	if d.Entry != "" {
		return d.ID + " published again as " + d.Entry
	}
	return d.ID + " " + d.Done
}

// action does something to records.
type action struct {
	pause time.Duration // between two
	do    func(ctx context.Context, s *bus.Stream, records, id string) (done, error)
}

// replay publishes records again, at most rate a second: a platform that comes
// back is not to be stormed, nor what is published meanwhile to wait long.
func replay(rate float64) action {
	act := action{do: func(ctx context.Context, s *bus.Stream, records, id string) (done, error) {
		entry, err := s.Replay(ctx, records, id)
		return done{Done: "replayed", Entry: entry}, err
	}}
	if rate > 0 {
		act.pause = time.Duration(float64(time.Second) / rate)
	}
	return act
}

// drop deletes records.
func drop() action {
	return action{do: func(ctx context.Context, s *bus.Stream, records, id string) (done, error) {
		return done{Done: "dropped"}, s.Drop(ctx, records, id)
	}}
}

// each acts on the chosen records, one after the other, oldest first. One that
// fails is told and does not keep the others.
func (a *app) each(c chosen, which records, act action) error {
	some := c.All || c.Key != ""
	if some == (len(c.IDs) > 0) {
		return usagef("which records? give their ids, or --key, or --all, which --code and --channel narrow down")
	}
	cfg, b, err := a.connect()
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // nothing is left in it
	s, err := a.stream(cfg, b, c.Platform)
	if err != nil {
		return err
	}
	ids := c.IDs
	if some { // the ids first: a replay may die again meanwhile and would then come round for ever
		err := a.scan(s, which(s), c.filter, func(l bus.Letter) (bool, error) {
			ids = append(ids, l.ID)
			return true, nil
		})
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			fmt.Fprintln(a.Stderr, "none"+c.filter.String()+": nothing was done")
		}
	}
	failed := false
	for i, id := range ids {
		if i > 0 && !a.pauseFor(act.pause) {
			return a.ctx.Err()
		}
		said, err := act.do(a.ctx, s, which(s), id)
		if a.ctx.Err() != nil {
			return a.ctx.Err()
		}
		failed = failed || err != nil
		if err := a.tell(c, id, said, gone(err)); err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// tell prints what became of one record.
func (a *app) tell(c chosen, id string, said done, failure error) error {
	said.ID, said.Platform = id, c.Platform
	if failure != nil {
		said.Done, said.Entry, said.Error = "", "", failure.Error()
	}
	switch {
	case c.JSON:
		return a.printJSON(said)
	case failure != nil:
		fmt.Fprintf(a.Stderr, "%s: %v\n", id, failure)
	default:
		fmt.Fprintln(a.Stdout, said)
	}
	return nil
}

// pauseFor waits; false: we are to stop.
func (a *app) pauseFor(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.ctx.Done():
		return false
	}
}
