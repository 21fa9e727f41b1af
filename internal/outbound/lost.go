package outbound

import (
	"context"
	"log/slog"

	"github.com/posternhq/postern/internal/bus"
)

// losses reports entries that were trimmed from the stream before they were
// delivered. Only somebody else does that.
type losses struct {
	stream *bus.Stream
	token  string
	log    *slog.Logger
	meter  Meter
}

// forget acknowledges those of ids that a read did not find, and reports the
// ones that were still pending: nobody delivered them. An error says that they
// are to be read again, ErrFormerMaster among them.
func (l losses) forget(ctx context.Context, ids []bus.ID, found []bus.Message) (gone []bus.ID, err error) {
	gone, n, err := l.missing(ctx, ids, found)
	l.report(n)
	return gone, err
}

// forgetHeld does so with ids that this node holds: none of them was delivered,
// pending or not. A sweep may have taken them off the pending list.
func (l losses) forgetHeld(ctx context.Context, ids []bus.ID, found []bus.Message) (gone []bus.ID, err error) {
	gone, _, err = l.missing(ctx, ids, found)
	if err == nil {
		l.report(len(gone))
	}
	return gone, err
}

func (l losses) missing(ctx context.Context, ids []bus.ID, found []bus.Message) (gone []bus.ID, pending int, err error) {
	there := make(map[bus.ID]bool, len(found))
	for _, m := range found {
		there[m.ID] = true
	}
	for _, id := range ids {
		if !there[id] {
			gone = append(gone, id)
		}
	}
	if len(gone) == 0 {
		return nil, 0, nil
	}
	pending, err = l.stream.Forget(ctx, l.token, gone)
	return gone, pending, err
}

func (l losses) report(n int) {
	if n > 0 {
		l.meter.Lost(n)
		l.log.Error("entries were trimmed from the stream before they were delivered: they are lost; find the producer that uses MAXLEN or XTRIM",
			"stream", l.stream.Name, "count", n)
	}
}
