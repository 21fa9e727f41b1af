package console

import (
	"context"
	"sync"

	"github.com/posternhq/postern/platform"
)

// Adapter is one terminal.
type Adapter struct {
	name     string
	user     string
	terminal Terminal
	turn     chan struct{} // holds one: whose turn it is to print
	input    *input

	mu      sync.Mutex // held while a line is handed on
	channel string     // where lines are typed

	sessionMu sync.Mutex
	session   *session // nil unless open
}

// session is one time of being open.
type session struct {
	host platform.Host
	ctx  context.Context // ends with Close
	end  context.CancelFunc
}

var _ platform.Adapter = (*Adapter)(nil)

// New builds an adapter on a terminal.
func New(s platform.Settings, t Terminal) *Adapter {
	a := &Adapter{
		name:     s.Name,
		user:     platform.Get[string](s, "user"),
		channel:  platform.Get[string](s, "channel"),
		terminal: t,
		turn:     make(chan struct{}, 1),
	}
	if a.user == "" {
		a.user = osUser()
	}
	if a.channel == "" {
		a.channel = "lobby"
	}
	a.input = newInput(t.In, a.typed, t.AtEOF)
	return a
}

// Identity names the terminal; there is no account behind it.
func (a *Adapter) Identity() platform.Identity { return platform.Identity{Platform: a.name} }

// Capabilities says what a terminal shows; see limits.go.
func (a *Adapter) Capabilities() platform.Capabilities { return capabilities() }

// Open begins to read. The terminal is ready at once.
func (a *Adapter) Open(_ context.Context, host platform.Host) error {
	ctx, end := context.WithCancel(context.Background())
	a.sessionMu.Lock()
	a.session = &session{host, ctx, end}
	a.sessionMu.Unlock()
	host.State(platform.StateReady, "")
	a.input.start()
	return nil
}

// Close ends the reading and waits for a line that is just being published.
//
// A read of a terminal cannot be cut off on every system. Where it cannot, the
// goroutine in it lives until the next line or the end of the input, and what
// it reads is not published.
func (a *Adapter) Close(context.Context) error {
	a.sessionMu.Lock()
	s := a.session
	a.session = nil
	a.sessionMu.Unlock()
	if s == nil {
		return nil
	}
	s.end()
	a.input.stop()
	a.mu.Lock() // the last line is through
	defer a.mu.Unlock()
	return nil
}

func (a *Adapter) current() *session {
	a.sessionMu.Lock()
	defer a.sessionMu.Unlock()
	return a.session
}
