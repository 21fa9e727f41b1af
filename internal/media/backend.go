package media

import (
	"context"
	"errors"
	"io"
	"time"
)

// Errors of a Backend; any other is one of the disk's or the network's.
var (
	errAbsent = errors.New("there is no file with this id")
	errTaken  = errors.New("there is a file with this id already")
)

// Backend keeps files whole: one is there with all that is known of it, or not
// at all, whenever the process dies. Ids have been checked. It is safe for
// concurrent use, also by several processes.
type Backend interface {
	// Create begins a new file.
	Create(ctx context.Context) (Draft, error)

	// Open returns a file, or errAbsent. The caller closes it.
	Open(ctx context.Context, id string) (About, io.ReadSeekCloser, error)

	// Sweep removes the files kept before a time, and what a process that died
	// left unfinished.
	Sweep(ctx context.Context, before time.Time) (removed int, err error)

	// Probe says how the store is, for a person, or why it cannot be used. It
	// leaves nothing behind.
	Probe(ctx context.Context) (string, error)

	// Close ends idle connections.
	Close()
}

// Draft is a file being written. It is used by one goroutine.
type Draft interface {
	io.Writer

	// Commit puts what was written under about.ID, or returns errTaken if there
	// is a file already: the first one stays, unless it was kept before expired.
	// After errTaken it may be called again.
	Commit(ctx context.Context, about About, expired time.Time) error

	// Discard removes what was not committed. It may follow a Commit.
	Discard()
}
