package discord

import (
	"context"
	"time"

	"github.com/posternhq/postern/platform"
)

// interacted is the frame of a click, a command or a form.
const interacted = "INTERACTION_CREATE"

// patience is how long a click or a command waits for its turn to be recorded.
// Discord waits for three seconds, and one large file before it may take longer.
const patience = 500 * time.Millisecond

// overtake records what cannot wait for its turn, without the place in the
// session: that stays behind what is not recorded yet. In its turn it is found
// recorded, and only the place moves; should the process die in between, it
// comes again and is found likewise.
func (a *Adapter) overtake(ctx context.Context, host platform.Host, f frame) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.turn:
		return
	case <-ctx.Done():
		return
	}
	what, err := a.read(ctx, host, &f, "")
	if err != nil || len(what.events) == 0 || ctx.Err() != nil {
		return // its turn will come
	}
	if err := a.publish(ctx, host, what.events[0], "", &what); err != nil {
		host.Log().Debug("a click or a command could not be recorded before its turn", "error", err)
	}
}

// inTurn says that a frame's turn has come, once.
func (f *frame) inTurn() {
	if f.turn != nil {
		close(f.turn)
	}
}
