package telegram

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/posternhq/postern/internal/typist"
	"github.com/posternhq/postern/platform"
)

// Adapter is one bot.
type Adapter struct {
	config config
	client *client
	rates  *rates
	floods *floods
	typing *typist.Typist
	host   atomic.Pointer[openHost] // nil unless open
	me     atomic.Pointer[user]     // nil before Open

	mutex sync.Mutex
	end   context.CancelFunc // of what Open started
	loops sync.WaitGroup
}

// openHost wraps the interface, since an atomic pointer needs a concrete type.
type openHost struct{ platform.Host }

var (
	_ platform.Adapter       = (*Adapter)(nil)
	_ platform.HookHandler   = (*Adapter)(nil)
	_ platform.ChannelReader = (*Adapter)(nil)
	_ platform.UserReader    = (*Adapter)(nil)
	_ platform.MemberLister  = (*Adapter)(nil)
	_ platform.DMOpener      = (*Adapter)(nil)
	_ platform.NativeCaller  = (*Adapter)(nil)
)

// New checks the settings and builds an adapter. Nothing is sent.
func New(s platform.Settings) (*Adapter, error) {
	c, err := readConfig(s)
	if err != nil {
		return nil, err
	}
	a := &Adapter{config: c, client: newClient(c), rates: newRates(c.limits), floods: &floods{}}
	a.typing = typist.New(typingLasts, typingRenewed, a.showTyping)
	return a, nil
}

// Identity is the bot's user, known once it was open.
func (a *Adapter) Identity() platform.Identity {
	id := platform.Identity{Platform: a.config.name}
	if me := a.me.Load(); me != nil {
		id.UserID, id.DisplayName, id.Mention = strconv.FormatInt(me.ID, 10), me.name(), "@"+me.Username
	}
	return id
}

// Capabilities says what Telegram can do; see limits.go.
func (a *Adapter) Capabilities() platform.Capabilities { return capabilities(a.config.webhook) }

// Open asks who we are, sets the command menu, and begins to take updates.
func (a *Adapter) Open(ctx context.Context, host platform.Host) error {
	host.State(platform.StateConnecting, "")
	var me user
	if err := a.client.read(ctx, "getMe", nil, &me); err != nil {
		return err
	}
	a.me.Store(&me)
	if len(a.config.commands) > 0 {
		// Without its menu the bot works as ever, and Telegram limits how often
		// one may be set: what is sent does not wait for it.
		if err := a.client.read(ctx, "setMyCommands", params{"commands": a.config.commands}, nil); err != nil {
			host.Log().Warn("the command menu could not be set; it stays as it was until the next start", "error", err)
		}
	}
	running, end := context.WithCancel(context.Background())
	a.mutex.Lock()
	a.end = end
	a.mutex.Unlock()
	a.typing.Start()
	a.host.Store(&openHost{host})
	if a.config.webhook {
		if err := a.setWebhook(ctx); err != nil {
			_ = a.Close(ctx)
			return err
		}
		host.State(platform.StateReady, "")
		return nil
	}
	// A webhook that is set, by whomever, keeps updates from a poll. What waits
	// to be fetched stays.
	if err := a.client.read(ctx, "deleteWebhook", params{"drop_pending_updates": false}, nil); err != nil {
		_ = a.Close(ctx)
		return err
	}
	host.State(platform.StateReady, "")
	a.loops.Go(func() { a.poll(running, host) })
	return nil
}

// Close ends the poll and waits for it, so that another node may begin its
// own. A webhook stays set: other nodes take what it brings.
func (a *Adapter) Close(ctx context.Context) error {
	a.host.Store(nil)
	a.mutex.Lock()
	if a.end != nil {
		a.end()
		a.end = nil
	}
	a.mutex.Unlock()
	a.typing.StopAll()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.loops.Wait()
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

func (a *Adapter) setWebhook(ctx context.Context) error {
	return a.client.read(ctx, "setWebhook", params{
		"url": a.config.hookURL, "secret_token": a.config.secret, "allowed_updates": allowedUpdates, "drop_pending_updates": false,
	}, nil)
}
