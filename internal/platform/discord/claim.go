package discord

import (
	"context"
	"errors"
	"strconv"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// claim says whose an interaction's first answer is. It bears no key on Discord,
// so before a byte of it leaves, its part's key is noted where every node finds
// it: if the process dies afterwards, another one knows what is there for the
// answer that it is to send, and any other answer for one more.
type claim struct {
	ours   bool
	before bool // it was ours already, and so may be there
}

// claimRooms is how many rooms the claims are spread over. Each keeps a thousand,
// and none is asked for after the 15 minutes that an interaction lasts: there is
// room for some seventeen answers a second, all day.
const claimRooms = 16

func claimRoom(t token) string {
	return "interactions:" + strconv.FormatInt(t.made().UnixMilli()%claimRooms, 10)
}

// claim takes the first answer of an interaction for a key, unless another has
// it.
func (a *Adapter) claim(ctx context.Context, t token, key string) (claim, error) {
	var c claim
	err := a.noteClaim(ctx, t, func(held string) (string, bool) {
		c = claim{ours: held == key || held == "", before: held == key}
		return key, held == ""
	})
	switch {
	case errors.Is(err, platform.ErrRecordGone):
		return claim{}, nil // many have come since: it was answered
	case err != nil:
		return claim{}, &platform.Error{
			Code: envelope.CodeTransient, Sent: platform.SentNo, Cause: err,
			Message: "not sent yet: whether the interaction was answered before could not be read or noted",
		}
	}
	return c, nil
}

// disclaim leaves the first answer to another: that of key was certainly not
// sent. If it cannot be noted, what comes next is a message of its own.
func (a *Adapter) disclaim(ctx context.Context, t token, key string) {
	_ = a.noteClaim(ctx, t, func(held string) (string, bool) { return "", held == key })
}

// noteClaim changes what is noted of an interaction, "" for nothing, if change
// says so.
func (a *Adapter) noteClaim(ctx context.Context, t token, change func(held string) (string, bool)) error {
	host := a.host.Load()
	if host == nil {
		return context.Canceled
	}
	_, err := host.Rooms().Update(ctx, claimRoom(t), t.ID, func(r platform.Record) []byte {
		now, changes := change(string(r.Data))
		if !changes {
			return nil
		}
		return []byte(now)
	})
	return err
}
