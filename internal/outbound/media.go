package outbound

import (
	"context"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Media makes the media of an envelope ready for an adapter that takes blobs.
type Media interface {
	// Resolve returns a copy of env in which what was given by url is a blob,
	// and every blob is there. key names the operation for ever: asked again,
	// after a crash too, it finds what it fetched. An error is a
	// *platform.Error with SentNo.
	Resolve(ctx context.Context, key string, env *envelope.Outbound) (*envelope.Outbound, error)
}

// resolve is the operation's envelope as the adapter may see it. Nothing has
// been sent yet: what cannot be fetched now is tried again like a part that
// was not sent. The key is the entry's, not the message's: one that is used
// anew after its window is for a file as it is then.
func (c *courier) resolve(ctx context.Context, e *entry) (env *envelope.Outbound, out outcome, done bool) {
	env = e.letter.env
	if c.media == nil || len(env.Attachments) == 0 || c.caps.Media["blob"] < platform.Partial {
		return env, out, false
	}
	env, err := c.media.Resolve(ctx, c.stream.Name+"/"+e.letter.root, env)
	if err == nil {
		return env, out, false
	}
	failure := platform.AsError(err)
	if failure.Code != envelope.CodeTransient {
		return nil, c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, err: told(failure)}), true
	}
	e.trial.attempts++
	return nil, c.failed(ctx, e, platform.Part{}, failure, untouched(e.trial.claim)), true
}
