package console

import (
	"context"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Do prints one part, whole, in one write. A message ends with its id, which
// later edits, deletes and reactions name.
//
// A terminal that is held (Ctrl-S) holds the write, and with it every Do.
func (a *Adapter) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	text, id := string(part.Body), ""
	if part.Type == envelope.TypeMessage {
		id = part.Key
		text += "  " + short(id)
	}
	if err := a.print(ctx, text); err != nil {
		return platform.Result{}, err
	}
	return platform.Result{MessageID: id}, nil
}

// print writes one line, or several of one message, never mixed with another.
func (a *Adapter) print(ctx context.Context, text string) error {
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return noPermit(ctx.Err())
	}
	if err := platform.Permit(ctx); err != nil {
		return noPermit(err)
	}
	n, err := a.terminal.Out.Write([]byte(text + "\n"))
	if err == nil {
		return nil
	}
	if n == 0 {
		return &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "the terminal takes no output", Cause: err}
	}
	return &platform.Error{Code: envelope.CodeUnknown, Sent: platform.SentUnknown, Message: "the terminal took a part of the text", Cause: err}
}

// noPermit: nothing was printed, because the right to had ended before.
func noPermit(err error) *platform.Error {
	return &platform.Error{
		Code: envelope.CodeUnavailable, Sent: platform.SentNo,
		Message: "not printed: this node may not send any more", Cause: err,
	}
}
