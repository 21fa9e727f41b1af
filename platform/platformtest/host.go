package platformtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// patience bounds every wait for something that must happen.
const patience = 10 * time.Second

// Host stands in for the gateway. It keeps what an adapter tells it, once per
// EventID as the real one does, and fills in nothing. It is safe for
// concurrent use.
type Host struct {
	log *slog.Logger

	Changes // told of whenever it is asked anything

	mu      sync.Mutex
	text    bytes.Buffer // the log
	seen    map[string]bool
	events  []envelope.Event
	cursor  string
	states  []platform.State
	failure error
	refuses func(envelope.Event) bool // nil: nothing
	now     func() time.Time

	rooms *rooms
	media *media
}

var _ platform.Host = (*Host)(nil)

// NewHost makes a host whose clock is the real one.
func NewHost() *Host {
	h := &Host{seen: map[string]bool{}, now: time.Now, rooms: newRooms(), media: newMedia()}
	h.log = slog.New(slog.NewTextHandler(logWriter{h}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return h
}

// Publish keeps the event, unless FailPublish says otherwise. Under a context
// that has ended it says so, and has kept it all the same: the real one records
// in batches, which no single caller's end breaks off.
func (h *Host) Publish(ctx context.Context, event envelope.Event, cursor string) error {
	if !h.Takes(event) {
		event = envelope.Event{} // its cursor is recorded all the same
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failure != nil {
		return h.failure
	}
	if event.Event != "" && !h.seen[event.EventID] {
		h.seen[event.EventID] = true
		h.events = append(h.events, event)
	}
	if cursor != "" {
		h.cursor = cursor
	}
	h.Tell()
	return ctx.Err()
}

// Takes is true of every event but those that Refuse named.
func (h *Host) Takes(event envelope.Event) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refuses == nil || !h.refuses(event)
}

// Refuse has the host drop the events that refuses is true of, as the config's
// rules do; with nil, none.
func (h *Host) Refuse(refuses func(envelope.Event) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuses = refuses
}

// Cursor returns what the last Publish brought.
func (h *Host) Cursor(context.Context) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cursor, nil
}

// State keeps the state.
func (h *Host) State(state platform.State, _ string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states = append(h.states, state)
	h.Tell()
}

// Rooms keeps what is said in memory, for as long as the host lives: an
// adapter that is opened with it again finds it.
func (h *Host) Rooms() platform.Rooms { return h.rooms }

// Media keeps files in memory and takes every type.
func (h *Host) Media() platform.Media { return h.media }

// Files counts the files that were kept.
func (h *Host) Files() int {
	h.media.mu.Lock()
	defer h.media.mu.Unlock()
	return len(h.media.blobs)
}

// Secret is a digest of the purpose: the same for every Host.
func (h *Host) Secret(_ context.Context, purpose string) ([]byte, error) {
	secret := sha256.Sum256([]byte("the secret of a test: " + purpose))
	return secret[:], nil
}

// Log writes to Logged.
func (h *Host) Log() *slog.Logger { return h.log }

// Now is the real time, or SetNow's.
func (h *Host) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now()
}

// SetNow stops the clock at t.
func (h *Host) SetNow(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = func() time.Time { return t }
}

// FailPublish makes every Publish fail with err, or, with nil, none.
func (h *Host) FailPublish(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failure = err
}

// Events are the published events, oldest first.
func (h *Host) Events() []envelope.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events)
}

// States are the states told, oldest first.
func (h *Host) States() []platform.State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.states)
}

// Logged is the text of the log.
func (h *Host) Logged() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// WaitEvents returns the events once there are n; it fails the test if that
// takes over ten seconds.
func (h *Host) WaitEvents(t testing.TB, n int) []envelope.Event {
	t.Helper()
	h.wait(t, "events", func() bool { return len(h.events) >= n })
	return h.Events()
}

// WaitState returns once state is the last one told; it fails the test if
// that takes over ten seconds.
func (h *Host) WaitState(t testing.TB, state platform.State) {
	t.Helper()
	h.wait(t, "state "+string(state), func() bool {
		return len(h.states) > 0 && h.states[len(h.states)-1] == state
	})
}

func (h *Host) wait(t testing.TB, what string, holds func() bool) {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		changed := h.Changed()
		h.mu.Lock()
		held := holds()
		h.mu.Unlock()
		if held {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("waited %v for %s; states %v, %d events", patience, what, h.States(), len(h.Events()))
		}
	}
}

// logWriter writes the log under the host's lock.
type logWriter struct{ h *Host }

func (w logWriter) Write(b []byte) (int, error) {
	w.h.mu.Lock()
	defer w.h.mu.Unlock()
	w.h.Tell()
	return w.h.text.Write(b)
}
