package bench

import (
	"context"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Adapter stands in for a platform that takes everything at once: one part a
// message, whose body is the text. It asks for the permit, as every adapter
// does before it writes.
type Adapter struct {
	Handle func(data []byte)
	Parts  int // of each message; 0 = 1
}

var _ platform.Adapter = Adapter{}

// Identity is of nobody.
func (Adapter) Identity() platform.Identity { return platform.Identity{Platform: "noop"} }

// Capabilities are those of a platform without a key of its own, so that
// nothing of the promise is left to it.
func (Adapter) Capabilities() platform.Capabilities {
	return platform.Capabilities{
		Types:  map[envelope.Type]platform.Level{envelope.TypeMessage: platform.Full},
		Fields: map[string]platform.Level{"format": platform.Full, "reply_to": platform.Full, "thread_id": platform.Full},
	}
}

// Open does nothing.
func (Adapter) Open(context.Context, platform.Host) error { return nil }

// Close does nothing.
func (Adapter) Close(context.Context) error { return nil }

// Plan makes the parts of an operation.
func (a Adapter) Plan(op platform.Operation) ([]platform.Part, error) {
	parts := make([]platform.Part, max(1, a.Parts))
	for i := range parts {
		parts[i] = platform.Part{Type: op.Envelope.Type, ChannelID: op.Envelope.ChannelID, Body: []byte(op.Envelope.Text)}
	}
	return parts, nil
}

// Do hands the part over.
func (a Adapter) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	if err := platform.Permit(ctx); err != nil {
		return platform.Result{}, &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "no permit", Cause: err}
	}
	if a.Handle != nil {
		a.Handle(part.Body)
	}
	return platform.Result{MessageID: part.Key}, nil
}
