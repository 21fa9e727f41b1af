package outbound

import (
	"context"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
)

// endQuiet hands over streams that had no snapshot for too long: the last one
// once more, as the final one. One that a snapshot came to since they were told
// of is left out: of those that come later, or are applied later, its claim
// tells.
func (r *reader) endQuiet(ctx context.Context, streams []string, again time.Time) error {
	if len(streams) == 0 {
		return nil
	}
	keys := make([]string, len(streams))
	for i, id := range streams {
		keys[i] = r.stream.MessageClaim(id)
	}
	claims, err := r.stream.Claims(ctx, keys)
	if err != nil {
		return err
	}
	still, err := r.stream.StillQuiet(ctx, streams, again) // after the claims: what it misses, they show
	if err != nil {
		return err
	}
	var quiet []*entry
	var over []string
	for i, claim := range claims {
		switch e := r.opener.last(streams[i], claim); {
		case !still[i]:
		case e != nil:
			quiet = append(quiet, e)
		default:
			over = append(over, streams[i])
		}
	}
	if len(over) > 0 {
		if err := r.stream.Over(ctx, r.token, over); err != nil {
			return err
		}
	}
	r.hand(ctx, arrival{quiet: quiet})
	return nil
}

// last makes the last snapshot of a stream anew from its claim, as the one
// that ends it; nil if the stream has ended.
func (o *opener) last(stream string, claim bus.Claim) *entry {
	id, err := bus.ParseID(claim.Entry)
	if err != nil || !claim.Stream || claim.State.Ended() || len(claim.Data) == 0 {
		return nil
	}
	e := o.open(bus.Message{ID: id, Fields: bus.Fields{"data", string(claim.Data)}})
	if e.snap == nil {
		return nil
	}
	e.lane, e.rank = claim.Lane, delivery.RankMessage
	e.snap.Final, e.snap.quiet, e.snap.open = true, true, claim.State != bus.ClaimGrowing
	return e
}

// quiet reports whether the entry ends a stream that had no snapshot for too
// long. It was settled before: nobody is told again.
func (e *entry) quiet() bool { return e.snap != nil && e.snap.quiet }
