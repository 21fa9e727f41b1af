package outbound

import (
	"context"
	"log/slog"

	"github.com/posternhq/postern/internal/bus"
)

// loader reads entries again that were queued. One load is under way at a time.
type loader struct {
	stream *bus.Stream
	opener *opener
	losses losses
	ration bus.Ration // how many to read at once; the desk's between loads
	log    *slog.Logger
}

// read fills in what is there of a load, as much at a time as the line bears. It
// tries until it has all or ctx ends, and then nothing is filled in.
func (l *loader) read(ctx context.Context, load *load) {
	there := make(map[bus.ID]*entry, len(load.ids))
	trouble := newTrouble(l.log, l.stream.Name)
	for left := load.ids; len(left) > 0; {
		if ctx.Err() != nil {
			return
		}
		now := left[:min(len(left), l.ration.Count())]
		messages, err := l.stream.Fetch(ctx, now)
		if err == nil {
			_, err = l.losses.forgetHeld(ctx, now, messages)
		}
		if err != nil {
			l.ration.Less()
			trouble.wait(ctx, err)
			continue
		}
		trouble.over()
		if len(messages) > 0 {
			l.ration.More(messages)
		}
		for _, m := range messages {
			there[m.ID] = l.opener.open(m)
		}
		left = left[len(now):]
	}
	load.there = there
}
