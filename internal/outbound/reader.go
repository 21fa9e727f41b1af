package outbound

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// The reader takes at most so many entries and, by what the last ones
// weighed, bytes in one call.
const (
	readEntries = 512
	readBytes   = 1 << 20
)

// reader takes entries off the stream and hands them to the desk, in order.
// It never stops for a full lane.
type reader struct {
	stream   *bus.Stream
	token    string
	opener   *opener
	holding  *holding
	arrivals chan<- arrival
	sweep    time.Duration // how often
	minIdle  time.Duration // of what a sweep takes
	log      *slog.Logger
	meter    Meter
	average  int // bytes an entry, of those last read
}

// arrival is what the reader hands to the desk: entries in order, or the word
// that all that was pending has been handed over.
type arrival struct {
	entries  []*entry
	targets  map[string]bus.Claim // of entries with a target_key, by claim key
	caughtUp bool
}

// run takes over what is pending, then reads what is new whenever the bell
// rings, and sweeps. It returns when ctx ends, after its last read has; or
// with ErrFenced.
func (r *reader) run(ctx context.Context) error {
	bell := r.stream.NewBell()
	ringing := make(chan struct{})
	go func() { defer close(ringing); bell.Run(ctx) }()
	defer func() { <-ringing }()

	fresh := true  // nothing has been read yet: a group that is not there was never made
	missed := true // pending entries may be there that we do not hold
	caughtUp := false
	sweep := time.NewTicker(r.sweep)
	defer sweep.Stop()
	trouble := newTrouble(r.log, r.stream.Name)
	for ctx.Err() == nil {
		err := r.catchUp(ctx, &missed, &caughtUp)
		if err == nil {
			err = r.readNew(ctx, bell)
		}
		switch {
		case err == nil:
			fresh = false
			trouble.over()
			select {
			case <-bell.Ring():
			case <-sweep.C:
				if err := r.claimPending(ctx, r.minIdle); err != nil {
					missed = true
				}
			case <-ctx.Done():
			}
		case ctx.Err() != nil:
		case errors.Is(err, bus.ErrFenced):
			return err
		case errors.Is(err, bus.ErrNoGroup):
			missed = true
			r.makeGroup(ctx, bell, trouble, fresh)
		default:
			missed = true
			trouble.wait(ctx, err)
		}
	}
	return ctx.Err()
}

// makeGroup makes the group at 0: what stands in the stream is delivered, less
// what this node holds.
func (r *reader) makeGroup(ctx context.Context, bell *bus.Bell, trouble *trouble, fresh bool) {
	made, err := r.stream.EnsureGroup(ctx)
	switch {
	case err != nil:
		trouble.wait(ctx, err)
	case !made:
		trouble.wait(ctx, bus.ErrNoGroup)
	case fresh:
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
func (r *reader) catchUp(ctx context.Context, missed, caughtUp *bool) error {
	if *missed {
		if err := r.claimPending(ctx, 0); err != nil {
			return err
		}
		*missed = false
	}
	if !*caughtUp {
		*caughtUp = r.hand(ctx, arrival{caughtUp: true})
	}
	return nil
}

// claimPending makes every pending entry idle for minIdle ours, and hands
// those over that this node does not hold, in id order.
func (r *reader) claimPending(ctx context.Context, minIdle time.Duration) error {
	cursor := "0-0"
	for {
		page, err := r.stream.ClaimPending(ctx, r.token, cursor, minIdle.Milliseconds(), readEntries)
		if err != nil {
			return err
		}
		if gone := r.holding.missing(page.Lost); len(gone) > 0 {
			r.lost(gone, len(gone))
		}
		if err := r.fetch(ctx, r.holding.missing(page.IDs)); err != nil {
			return err
		}
		if cursor = page.Cursor; cursor == "0-0" {
			return nil
		}
	}
}

// fetch reads entries by id and hands them over.
func (r *reader) fetch(ctx context.Context, ids []bus.ID) error {
	for len(ids) > 0 {
		n := min(len(ids), r.count())
		messages, err := r.stream.Fetch(ctx, ids[:n])
		if err != nil {
			return err
		}
		if len(messages) < n {
			if err := r.forget(ctx, ids[:n], messages); err != nil {
				return err
			}
		}
		if err := r.admit(ctx, messages); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// forget acknowledges those of ids that are gone from the stream, and counts
// the ones that were still pending: nobody delivered them.
func (r *reader) forget(ctx context.Context, ids []bus.ID, found []bus.Message) error {
	there := map[bus.ID]bool{}
	for _, m := range found {
		there[m.ID] = true
	}
	var gone []bus.ID
	for _, id := range ids {
		if !there[id] {
			gone = append(gone, id)
		}
	}
	n, err := r.stream.Forget(ctx, r.token, gone)
	if err != nil {
		return err
	}
	r.lost(gone, n)
	return nil
}

// lost reports entries that were trimmed from the stream before they were
// delivered. Only somebody else does that.
func (r *reader) lost(ids []bus.ID, n int) {
	if n > 0 {
		r.meter.Lost(n)
		r.log.Error("entries were trimmed from the stream before they were delivered: they are lost; find the producer that uses MAXLEN or XTRIM",
			"stream", r.stream.Name, "count", n, "first", ids[0].String())
	}
}

// readNew reads until nothing new is there.
func (r *reader) readNew(ctx context.Context, bell *bus.Bell) error {
	for ctx.Err() == nil {
		count := r.count()
		messages, err := r.stream.Read(ctx, r.token, count)
		if err != nil {
			return err
		}
		if err := r.admit(ctx, messages); err != nil {
			return err
		}
		if len(messages) > 0 {
			bell.Seen(messages[len(messages)-1].ID)
		}
		if len(messages) < count {
			return nil
		}
	}
	return nil
}

// admit decodes entries and hands them to the desk.
func (r *reader) admit(ctx context.Context, messages []bus.Message) error {
	if len(messages) == 0 {
		return nil
	}
	size := 0
	var entries []*entry
	for _, m := range messages {
		size += m.Size()
		if r.holding.add(m.ID) {
			entries = append(entries, r.opener.open(m))
		}
	}
	r.average = size/len(messages) + 1
	targets, err := r.targets(ctx, entries)
	if err == nil && !r.hand(ctx, arrival{entries: entries, targets: targets}) {
		err = ctx.Err()
	}
	if err != nil {
		for _, e := range entries { // not handed over: not held
			r.holding.remove(e.id)
		}
	}
	return err
}

// targets reads the claims that entries with a target_key point to: they tell
// the lane.
func (r *reader) targets(ctx context.Context, entries []*entry) (map[string]bus.Claim, error) {
	var keys []string
	for _, e := range entries {
		if t := e.letter.env.TargetKey; t != "" && e.letter.fault == nil {
			keys = append(keys, r.stream.MessageClaim(t))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	claims, err := r.stream.Claims(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bus.Claim, len(keys))
	for i, k := range keys {
		out[k] = claims[i]
	}
	return out, nil
}

func (r *reader) hand(ctx context.Context, a arrival) bool {
	select {
	case r.arrivals <- a:
		return true
	case <-ctx.Done():
		return false
	}
}

// count is how many entries to ask for.
func (r *reader) count() int {
	if r.average == 0 {
		return 64
	}
	return max(1, min(readEntries, readBytes/r.average))
}
