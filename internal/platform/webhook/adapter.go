package webhook

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/posternhq/postern/internal/gatedhttp"
	"github.com/posternhq/postern/platform"
)

// Adapter is one receiver. It has no connection to hold: it is ready as soon
// as it is open, and on every node.
type Adapter struct {
	config config
	client *http.Client
	host   atomic.Pointer[openHost] // nil unless open
}

// openHost wraps the interface, since an atomic pointer needs a concrete type.
type openHost struct{ platform.Host }

var (
	_ platform.Adapter     = (*Adapter)(nil)
	_ platform.HookHandler = (*Adapter)(nil)
)

// New checks the settings and builds an adapter. Nothing is sent, not even to
// see whether the receiver is there: only operations ever reach its URL.
func New(s platform.Settings) (*Adapter, error) {
	c, err := readConfig(s)
	if err != nil {
		return nil, err
	}
	return &Adapter{config: c, client: gatedhttp.NewClient(gatedhttp.Options{OneEach: !c.idempotent})}, nil
}

// Identity names the platform: a webhook has no user of its own.
func (a *Adapter) Identity() platform.Identity {
	return platform.Identity{Platform: a.config.name}
}

// Capabilities says what the receiver is handed; see limits.go.
func (a *Adapter) Capabilities() platform.Capabilities {
	return capabilities(a.config.idempotent)
}

// Open is ready at once.
func (a *Adapter) Open(ctx context.Context, host platform.Host) error {
	if a.config.secret == nil && !platform.HookLocal(ctx) {
		host.Log().Warn("this webhook has no secret: what is posted is not signed, and since http.listen is not on loopback, no event is taken; set secret_env",
			"hook", "/hooks/"+a.config.name)
	}
	a.host.Store(&openHost{host})
	host.State(platform.StateReady, "")
	return nil
}

// Close drops the idle connections. The hook answers 503 from here on.
func (a *Adapter) Close(context.Context) error {
	a.host.Store(nil)
	a.client.CloseIdleConnections()
	return nil
}
