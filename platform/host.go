package platform

import (
	"context"
	"log/slog"
	"time"

	"github.com/posternhq/postern/envelope"
)

// Host is what the gateway offers an open adapter. All of it may be called
// from any goroutine until Close has returned.
type Host interface {
	// Publish records one event on the inbound stream, once per EventID, with
	// the platform's cursor, if not "", in the same step. Tell the platform
	// "received" only after it returned nil. The adapter fills what it knows;
	// the host fills platform, address, outbound_stream, channel_key,
	// enqueued_at and trace_id, and drops, counted, whom the config refuses. An
	// event without a type is none: the cursor is recorded alone, as is needed
	// for what a platform told that no worker is to hear.
	Publish(ctx context.Context, event envelope.Event, cursor string) error

	// Takes reports whether the config lets this event in, as Publish will judge
	// it. It asks nobody and counts nothing: ask before you do work for an event
	// that nobody may want, such as to fetch its files. An event that it refuses
	// is published all the same, without that work, so that it is counted and the
	// cursor moves.
	Takes(event envelope.Event) bool

	// Cursor returns what the last Publish recorded, or "".
	Cursor(ctx context.Context) (string, error)

	// State tells how the connection is. Nothing is sent before StateReady.
	State(state State, reason string)

	// Rooms keeps what is said, for a platform that has no server of its own.
	Rooms() Rooms

	// Media is the store of files, both ways.
	Media() Media

	// Secret returns 32 random bytes that are the same on every node, for ever,
	// and different for each platform and purpose: to sign what is handed out.
	Secret(ctx context.Context, purpose string) ([]byte, error)

	// Log is the platform's logger.
	Log() *slog.Logger

	// Now is the gateway's clock.
	Now() time.Time
}

// State is how a connection is.
type State string

// The states of a connection.
const (
	StateConnecting State = "connecting"
	StateReady      State = "ready"
	StateLost       State = "lost"        // will be connected again by the adapter itself
	StateAuthFailed State = "auth_failed" // credentials refused: a person must act
)

type hookLocalKey struct{}

// WithHookLocal returns a context that says whether the gateway's HTTP
// listener, which hooks and pages are mounted on, is bound to loopback. The
// gateway sets it on every request of a hook or a page, and for Open.
func WithHookLocal(ctx context.Context, local bool) context.Context {
	return context.WithValue(ctx, hookLocalKey{}, local)
}

// HookLocal reports whether hooks can be reached from this machine only. A
// connection from 127.0.0.1 does not show it: where the listener is on every
// address, a reverse proxy beside it brings the whole world that way. A
// context that does not say counts as no.
func HookLocal(ctx context.Context) bool {
	local, _ := ctx.Value(hookLocalKey{}).(bool)
	return local
}

type permitKey struct{}

// WithPermit returns a context that carries a check of the right to send.
func WithPermit(ctx context.Context, check func() error) context.Context {
	return context.WithValue(ctx, permitKey{}, check)
}

// Permit reports whether bytes may still leave under ctx: nil while the node
// holds the platform's lease for certain. It reads the clock now, where a
// cancelled context may lag behind a process that was paused, so an adapter
// asks it right before each write. An error means SentNo.
func Permit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if check, ok := ctx.Value(permitKey{}).(func() error); ok {
		return check()
	}
	return nil
}
