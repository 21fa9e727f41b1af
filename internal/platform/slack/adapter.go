package slack

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/posternhq/postern/internal/sealed"
	"github.com/posternhq/postern/internal/typist"
	"github.com/posternhq/postern/platform"
)

// Adapter is one bot in one workspace.
type Adapter struct {
	config  config
	client  *client
	rates   *rates
	floods  *floods
	typing  *typist.Typist
	names   *names
	turns   *turns
	fetches *fetches
	host    atomic.Pointer[openHost]   // nil unless open
	box     atomic.Pointer[sealed.Box] // nil before Open
	me      atomic.Pointer[self]       // nil before Open

	mutex sync.Mutex
	life  context.Context    // from Open to Close
	end   context.CancelFunc // of life; nil unless open
	loops sync.WaitGroup     // what was begun under life
}

// openHost wraps the interface, since an atomic pointer needs a concrete type.
type openHost struct{ platform.Host }

// self is who we are.
type self struct {
	URL    string `json:"url"`
	Team   string `json:"team"`
	Name   string `json:"user"`
	TeamID string `json:"team_id"`
	UserID string `json:"user_id"`
	BotID  string `json:"bot_id"`
}

var (
	_ platform.Adapter       = (*Adapter)(nil)
	_ platform.HookHandler   = (*Adapter)(nil)
	_ platform.Finder        = (*Adapter)(nil)
	_ platform.Checker       = (*Adapter)(nil)
	_ platform.ChannelReader = (*Adapter)(nil)
	_ platform.ChannelLister = (*Adapter)(nil)
	_ platform.UserReader    = (*Adapter)(nil)
	_ platform.MemberLister  = (*Adapter)(nil)
	_ platform.DMOpener      = (*Adapter)(nil)
	_ platform.NativeCaller  = (*Adapter)(nil)
	_ platform.HistoryReader = (*Adapter)(nil)
	_ platform.MessageReader = (*Adapter)(nil)
)

// New checks the settings and builds an adapter. Nothing is sent.
func New(s platform.Settings) (*Adapter, error) {
	c, err := readConfig(s)
	if err != nil {
		return nil, err
	}
	a := &Adapter{config: c, client: newClient(c), rates: newRates(c.limits), floods: &floods{}, turns: newTurns(), fetches: newFetches()}
	a.typing = typist.NewCleared(statusLasts, a.clearStatus)
	a.names = newNames(a.client)
	return a, nil
}

// Identity is the bot's user, known once it was open.
func (a *Adapter) Identity() platform.Identity {
	id := platform.Identity{Platform: a.config.name}
	if me := a.me.Load(); me != nil {
		id.UserID, id.DisplayName, id.Mention = me.UserID, me.Name, "<@"+me.UserID+">"
	}
	return id
}

// Capabilities says what Slack can do; see limits.go.
func (a *Adapter) Capabilities() platform.Capabilities { return capabilities() }

// Open asks who we are, and begins to take events. Every node has a connection
// of its own: Slack deals each event to one of them, and to another one if that
// does not acknowledge it.
func (a *Adapter) Open(ctx context.Context, host platform.Host) error {
	host.State(platform.StateConnecting, "")
	var me self
	if err := a.client.read(ctx, "auth.test", nil, &me); err != nil {
		return err
	}
	box, err := newBox(ctx, host)
	if err != nil {
		return err
	}
	a.me.Store(&me)
	a.box.Store(box)
	life, end := context.WithCancel(context.Background())
	a.mutex.Lock()
	a.life, a.end = life, end
	a.mutex.Unlock()
	a.typing.Start()
	a.host.Store(&openHost{host})
	if a.config.appToken == "" {
		host.State(platform.StateReady, "")
		return nil
	}
	a.loops.Go(func() { a.hold(life, host) })
	return nil
}

// now is the gateway's clock, the machine's unless open.
func (a *Adapter) now() time.Time {
	if host := a.host.Load(); host != nil {
		return host.Now()
	}
	return time.Now()
}

// begin has do run until Close, which waits for it; false: it is closed.
func (a *Adapter) begin(do func(life context.Context)) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.end == nil {
		return false
	}
	life := a.life
	a.loops.Go(func() { do(life) })
	return true
}

// Close ends the connection and waits for it. What it has not acknowledged,
// Slack deals to another node.
func (a *Adapter) Close(ctx context.Context) error {
	a.host.Store(nil)
	a.mutex.Lock()
	if a.end != nil {
		a.end()
		a.end = nil
	}
	a.mutex.Unlock()
	a.typing.StopAll() // what still stands goes within two minutes
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.loops.Wait()
		a.turns.wait()
		a.typing.Wait()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	a.client.close()
	return nil
}

// clearStatus takes away that we type.
func (a *Adapter) clearStatus(ctx context.Context, p typist.Place) {
	host := a.host.Load()
	err := a.client.read(ctx, setStatus, params{"channel_id": p.Channel, "thread_ts": p.Thread, "status": ""}, nil)
	if err != nil && ctx.Err() == nil && host != nil {
		host.Log().Debug("typing could not be taken away", "error", err)
	}
}
