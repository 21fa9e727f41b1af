package fault

import (
	"context"
	"net/http"
	"sync"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Adapter is one account at the sink.
type Adapter struct {
	config config
	client *http.Client // of the connection and of looks; parts have one each

	mu      sync.Mutex
	session *session // nil unless open
}

// session is one time of being open.
type session struct {
	host platform.Host
	end  context.CancelFunc
	done sync.WaitGroup
}

var (
	_ platform.Adapter = (*Adapter)(nil)
	_ platform.Finder  = (*Adapter)(nil)
)

// New checks the settings and builds an adapter.
func New(s platform.Settings) (*Adapter, error) {
	c, err := readConfig(s)
	if err != nil {
		return nil, err
	}
	return &Adapter{config: c, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}, nil
}

// Identity names the platform.
func (a *Adapter) Identity() platform.Identity { return platform.Identity{Platform: a.config.name} }

// Capabilities says what the platform can do in the nature it was given.
func (a *Adapter) Capabilities() platform.Capabilities {
	c := platform.Capabilities{
		Types: map[envelope.Type]platform.Level{
			envelope.TypeMessage: platform.Full, envelope.TypeEdit: platform.Full,
			envelope.TypeDelete: platform.Full, envelope.TypeReaction: platform.Full,
		},
		Fields: map[string]platform.Level{
			"thread_id": platform.Full, "text": platform.Full, "format": platform.Partial,
			"message_id": platform.Full, "target_key": platform.Full, "emoji": platform.Full, "remove": platform.Full,
		},
		Idempotent: []envelope.Type{envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction},
		LeaseBound: a.config.leaseBound,
	}
	switch a.config.key {
	case keyNative:
		c.NativeKey = true
	case keyWindow:
		c.NativeKey, c.KeyWindow = true, a.config.window.Seconds()
	case keyReadBack:
		c.ReadBack, c.ReadBackLag = []envelope.Type{envelope.TypeMessage}, a.config.lag.Seconds()
	}
	return c
}

// Open begins to connect, where one connection is needed; else it is ready at
// once.
func (a *Adapter) Open(_ context.Context, host platform.Host) error {
	ctx, end := context.WithCancel(context.Background())
	s := &session{host: host, end: end}
	a.mu.Lock()
	a.session = s
	a.mu.Unlock()
	if !a.config.leaseBound {
		host.State(platform.StateReady, "")
		return nil
	}
	host.State(platform.StateConnecting, "")
	s.done.Go(func() { a.hold(ctx, host) })
	return nil
}

// Close ends the connection and waits for it.
func (a *Adapter) Close(context.Context) error {
	a.mu.Lock()
	s := a.session
	a.session = nil
	a.mu.Unlock()
	if s != nil {
		s.end()
		s.done.Wait()
	}
	return nil
}

func (a *Adapter) open() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.session != nil
}
