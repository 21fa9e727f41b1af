package platform

import (
	"context"
	"time"
)

// Finder is an adapter whose platform can be read back: it can say whether
// something that was sent, and never answered, is there. The gateway asks it
// before it sends such a part again; without one, a person's policy decides.
//
// Capabilities.ReadBack lists the types that Find can tell of, and
// ReadBackLag how long the platform may take to show what it took.
type Finder interface {
	// Find looks for what Do made of part, on this node or on another one.
	// since is when the part's first byte may have left at the earliest, by
	// Redis' clock: an adapter that searches by time begins well before it, at
	// least by how far the platform's clock may be off.
	//
	// Found means that this very part is there, told by a mark that came with
	// it (its Key, in a field that the platform keeps); Result bears its id. A
	// part that reads the same is not it.
	//
	// Not found is as strong a promise: nothing of the part is there, and once
	// ReadBackLag has passed since its last byte left, nothing ever will be.
	// It will then be sent again. Whoever has not seen all that came since (a
	// page is missing, a history is cut, a right is not there) returns an
	// error instead.
	//
	// Find has no effect, and needs no permit. An error is an *Error, whose
	// Sent says nothing here. After a code that makes an operation dead at once
	// (unsupported, forbidden, not_found, …) the platform cannot tell of this
	// part, ever. After any other, Find is called again later, not before its
	// RetryAfter has passed, and nothing is sent before it has answered. ctx ends
	// with the node's turn.
	Find(ctx context.Context, part Part, since time.Time) (result Result, found bool, err error)
}
