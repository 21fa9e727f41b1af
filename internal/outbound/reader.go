package outbound

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/posternhq/postern/internal/backlog"
	"github.com/posternhq/postern/internal/bus"
)

// reader takes entries off the stream and hands them to the desk, in order.
// It never stops for a full lane.
type reader struct {
	stream   *bus.Stream
	intake   *bus.Intake
	token    string
	opener   *opener
	backlog  *backlog.Backlog
	agenda   *backlog.Agenda
	alarm    *alarm
	departed *departed
	room     *room
	quiet    time.Duration // that a stream may stand without a snapshot
	remember time.Duration // that a claim outlasts the due of an entry put aside
	arrivals chan<- arrival
	sweep    time.Duration // how often
	minIdle  time.Duration // of what a sweep takes
	first    func(context.Context) error
	losses   losses
	log      *slog.Logger
	meter    Meter

	fresh    bool   // nothing has been read yet: a group that is not there was never made
	missed   bool   // pending entries may be there that we do not hold
	informed bool   // the desk is
	swept    string // where the sweep that is under way goes on; "" = none is
	audited  bool   // this tenure has looked once for what no take-over finds
	newest   bus.ID // that was read as new
	told     bus.ID // that the bell knows from an empty read
	now      int64  // Redis' clock in ms, as it last answered
	ration   bus.Ration
}

// newReader makes one that hands over to arrivals. What first learns must be
// known before anything is delivered.
func newReader(p parts, arrivals chan<- arrival, first func(context.Context) error) *reader {
	return &reader{
		stream: p.stream, intake: p.stream.NewIntake(p.token), token: p.token, opener: p.opener,
		backlog: p.backlog, agenda: p.agenda, alarm: p.alarm, departed: p.departed, room: p.room, losses: p.losses,
		quiet: p.cfg.Limits.StreamQuiet, remember: p.cfg.Limits.DedupeWindow,
		sweep: p.cfg.AutoclaimInterval, minIdle: p.cfg.AutoclaimMinIdle,
		arrivals: arrivals, first: first, log: p.cfg.Log, meter: p.cfg.Meter,
	}
}

// arrival is what the reader hands to the desk: entries in order, or the word
// that what an earlier owner left of pauses and shut gates is known.
type arrival struct {
	entries  []*entry
	targets  map[string]bus.Claim // by the target_key of entries
	quiet    []*entry             // that end streams which had no snapshot for too long
	gone     []bus.ID             // were pending, and are gone from the stream
	informed bool
}

// run takes over what is pending, then reads what is new whenever the bell
// rings, and sweeps: the net under all that should not happen, entries that have
// lain pending for long and that nobody holds. A sweep goes page by page, so that
// what is published meanwhile waits for one page at most. It returns when ctx
// ends, after its last read has; or with ErrFenced.
func (r *reader) run(ctx context.Context) error {
	bell := r.stream.NewBell()
	ringing, hush := context.WithCancel(ctx)
	silent := make(chan struct{})
	go func() { defer close(silent); bell.Run(ringing) }()
	defer func() { hush(); <-silent }()

	r.fresh, r.missed = true, true
	sweep := time.NewTicker(r.sweep)
	defer sweep.Stop()
	page := time.NewTimer(r.sweep) // of a sweep that is under way
	page.Stop()
	defer page.Stop()
	next := time.NewTimer(time.Hour) // what is due
	defer next.Stop()
	trouble := newTrouble(r.log, r.stream.Name)
	for ctx.Err() == nil {
		err := r.catchUp(ctx)
		more := false
		if err == nil {
			more, err = r.readNew(ctx, bell)
		}
		if err == nil && r.alarm.take() {
			var again bool
			again, err = r.attend(ctx, bell)
			more = more || again
		}
		switch {
		case err == nil:
			if r.fresh && !more { // now that all is read, losses can be counted
				r.fresh = false
				r.audit(ctx)
			}
			trouble.over()
			if more {
				bell.Wake()
			}
			next.Reset(r.alarm.wait())
			select {
			case <-bell.Ring():
			case <-next.C:
			case <-r.alarm.change:
			case <-sweep.C:
				r.tend(ctx)
				if r.swept == "" {
					r.swept = firstPage
					page.Reset(0)
				}
			case <-page.C:
				r.swept, err = r.claimPage(ctx, r.swept, r.minIdle)
				if r.missed = err != nil; r.swept != "" {
					page.Reset(pageEvery)
				}
			case <-ctx.Done():
			}
		case ctx.Err() != nil:
		case errors.Is(err, bus.ErrFenced):
			return err
		case errors.Is(err, bus.ErrNoGroup):
			r.missed = true
			r.makeGroup(ctx, bell, trouble)
		default:
			r.missed = true
			r.ration.Less()
			trouble.wait(ctx, err)
		}
	}
	return ctx.Err()
}

// makeGroup makes the group at 0: what stands in the stream is delivered, less
// what this node holds.
func (r *reader) makeGroup(ctx context.Context, bell *bus.Bell, trouble *trouble) {
	made, err := r.stream.EnsureGroup(ctx)
	switch {
	case err != nil:
		trouble.wait(ctx, err)
	case !made:
		trouble.wait(ctx, bus.ErrNoGroup)
	case r.fresh:
		r.log.Info("made the consumer group, at the stream's beginning", "group", r.stream.Group)
	default:
		r.log.Warn("the consumer group was gone and has been made again at 0; what Redis lost with it cannot be known",
			"group", r.stream.Group, "stream", r.stream.Name)
		bell.Seen(bus.ID{})
	}
}

// catchUp takes over what is pending when there may be something that this
// node does not hold: at the start, and after every error, since an answer
// that was lost may have left entries in our name.
//
// Deliveries begin with the first page. Pages come in the order of ids, and
// what was put aside has its place behind its own id, so nothing that is still
// to come belongs before what is there. An operation that waits for an entry of
// a later page asks again until it is kept. What is new is read behind the last.
func (r *reader) catchUp(ctx context.Context) error {
	if !r.informed {
		if err := r.first(ctx); err != nil {
			return err
		}
		r.informed = r.hand(ctx, arrival{informed: true})
	}
	if r.missed {
		r.intake.Begin()
		if err := r.claimPending(ctx); err != nil {
			return err
		}
		r.missed = false
	}
	if !r.audited {
		r.tend(ctx)
		r.audited = true
	}
	return nil
}

// tend counts entries that were trimmed before they were read, and pushes
// receipts that were left in the outbox.
func (r *reader) tend(ctx context.Context) {
	r.audit(ctx)
	foreign, err := r.stream.DrainOutbox(ctx)
	if err != nil && ctx.Err() == nil {
		r.log.Warn("receipts wait in the outbox", "error", err)
	}
	for range foreign {
		r.meter.ReceiptLost("not_a_list")
	}
}

// audit reports what was trimmed before anybody read it. That it cannot be
// counted keeps nothing from being delivered.
func (r *reader) audit(ctx context.Context) {
	lost, err := r.intake.Audit(ctx)
	if err != nil && ctx.Err() == nil {
		r.log.Warn("losses cannot be counted", "stream", r.stream.Name, "error", err)
	}
	r.losses.report(lost)
}

// claimPending makes every pending entry ours, page by page.
func (r *reader) claimPending(ctx context.Context) error {
	var err error
	for cursor := firstPage; cursor != "" && err == nil; {
		cursor, err = r.claimPage(ctx, cursor, 0)
	}
	return err
}

// claimPage makes a page of the pending entries that are idle for minIdle ours,
// from cursor on, and says where the next one begins, "" after the last. It hands
// those over that this node does not hold, in id order, and of what was put aside
// what came due between them.
func (r *reader) claimPage(ctx context.Context, cursor string, minIdle time.Duration) (next string, err error) {
	page, err := r.intake.ClaimPending(ctx, cursor, minIdle.Milliseconds(), pageEntries)
	if err != nil {
		return "", err
	}
	r.losses.report(len(r.backlog.Missing(page.Lost)))
	for _, early := range page.Early {
		if !r.backlog.Has(early.Entry) {
			r.agenda.Put(early.Entry, early.Due.UnixMilli())
			r.alarm.in(0)
		}
	}
	if err := r.fetch(ctx, r.missing(page.IDs), r.admit); err != nil {
		return "", err
	}
	if page.Cursor == firstPage {
		return "", nil
	}
	return page.Cursor, nil
}

// firstPage is the cursor of the pending list's first page, and what the last
// one answers.
const firstPage = "0-0"

// pageEntries is how many ids of the pending list are gone through at a time, and
// pageEvery how often a sweep does, so that a hundred thousand that wait cost the
// others little: some 2 ms of each turn.
const (
	pageEntries = 512
	pageEvery   = 50 * time.Millisecond
)
