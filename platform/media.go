package platform

import (
	"context"
	"io"
	"time"

	"github.com/posternhq/postern/envelope"
)

// Media is the gateway's store of files. A failure is an *Error with SentNo:
// too_large, invalid (a type that is not allowed), not_found (no such blob, or
// no longer), transient.
type Media interface {
	// Keep stores a file that somebody sent and returns what an event says of
	// it: its blob id and, as URL, a signed address that is good for a while.
	// filename and mimetype are what the sender says they are; neither is
	// believed further than for display.
	Keep(ctx context.Context, filename, mimetype string, content io.Reader) (envelope.Attachment, error)

	// Open returns the bytes of a medium in an envelope, and what is known of
	// it (filename, mimetype and size are filled in). The caller closes it. A
	// medium that was given by url has been fetched before an adapter sees it,
	// and is a blob then.
	Open(ctx context.Context, medium envelope.Media) (io.ReadCloser, envelope.Media, error)

	// Link returns a signed address of a blob, good for that long, or with 0 as
	// long as an address in an event is (media.link_ttl): absolute where the
	// config says how this node is reached, else a path of it.
	Link(blob string, lasts time.Duration) string
}
