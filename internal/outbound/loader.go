package outbound

import (
	"context"
	"log/slog"

	"github.com/posternhq/postern/internal/bus"
)

// loader reads entries again that were queued. One load is under way at a time.
type loader struct {
	stream *bus.Stream
	token  string
	opener *opener
	ration bus.Ration // how many to read at once; the desk's between loads
	log    *slog.Logger
	meter  Meter
}

// read fills in what is there of a load. It tries until it has an answer or ctx
// ends, and then nothing is filled in.
func (l *loader) read(ctx context.Context, load *load) {
	trouble := newTrouble(l.log, l.stream.Name)
	for ctx.Err() == nil {
		messages, err := l.stream.Fetch(ctx, load.ids)
		if err == nil && len(messages) < len(load.ids) {
			err = l.forget(ctx, load.ids, messages)
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
		load.there = make(map[bus.ID]*entry, len(messages))
		for _, m := range messages {
			load.there[m.ID] = l.opener.open(m)
		}
		return
	}
}

// forget acknowledges those of ids that are gone from the stream: nobody
// delivered them.
func (l *loader) forget(ctx context.Context, ids []bus.ID, found []bus.Message) error {
	n, err := l.stream.Forget(ctx, l.token, absent(ids, found))
	reportLost(l.log, l.meter, l.stream, n)
	return err
}
