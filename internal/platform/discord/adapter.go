package discord

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/sealed"
	"github.com/posternhq/postern/internal/typist"
	"github.com/posternhq/postern/platform"
)

// Adapter is one bot.
type Adapter struct {
	config   config
	client   *client
	typing   *typist.Typist
	answers  *answers
	places   *places
	deleted  *recent // messages that we deleted
	presence *presence
	host     atomic.Pointer[openHost]   // nil unless open
	me       atomic.Pointer[self]       // nil before Open
	box      atomic.Pointer[sealed.Box] // likewise
	live     atomic.Pointer[session]    // nil unless connected

	mutex sync.Mutex
	end   context.CancelFunc // of what Open started
	loops sync.WaitGroup
}

// openHost wraps the interface, since an atomic pointer needs a concrete type.
type openHost struct{ platform.Host }

// self is who we are.
type self struct {
	user
	Application string
}

var (
	_ platform.Adapter       = (*Adapter)(nil)
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
	a := &Adapter{config: c, client: newClient(c), places: newPlaces(), deleted: newRecent(10_000), presence: newPresence()}
	a.typing = typist.New(typingLasts, typingRenewed, a.showTyping)
	a.answers = newAnswers(c.ackAfter, a.acknowledge)
	return a, nil
}

// Identity is the bot's user, known once it was open.
func (a *Adapter) Identity() platform.Identity {
	id := platform.Identity{Platform: a.config.name}
	if me := a.me.Load(); me != nil {
		id.UserID, id.DisplayName, id.Mention = me.ID, me.name(), "<@"+me.ID+">"
	}
	return id
}

// Capabilities says what Discord can do; see limits.go.
func (a *Adapter) Capabilities() platform.Capabilities { return capabilities(a.config.maxFile) }

// whoami asks who we are.
func (a *Adapter) whoami(ctx context.Context) (*self, *application, error) {
	var me self
	if err := a.client.read(ctx, http.MethodGet, "/users/@me", nil, &me.user); err != nil {
		return nil, nil, err
	}
	var app application
	if err := a.client.read(ctx, http.MethodGet, "/applications/@me", nil, &app); err != nil {
		return nil, nil, err
	}
	me.Application = app.ID
	return &me, &app, nil
}

// Open asks who we are, registers the commands, and begins to hold a
// connection to the gateway.
func (a *Adapter) Open(ctx context.Context, host platform.Host) error {
	host.State(platform.StateConnecting, "")
	a.typing.Start()
	me, _, err := a.whoami(ctx)
	if err != nil {
		return err
	}
	a.me.Store(me)
	secret, err := host.Secret(ctx, "discord interactions")
	if err != nil {
		return err
	}
	box, err := sealed.New(secret)
	if err != nil {
		return &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "the platform's secret cannot be used", Cause: err}
	}
	a.box.Store(box)
	if err := a.register(ctx, host); err != nil {
		return err
	}
	running, end := context.WithCancel(context.Background())
	a.mutex.Lock()
	a.end = end
	a.mutex.Unlock()
	a.answers.start()
	a.host.Store(&openHost{host})
	a.loops.Go(func() { a.connect(running, host) })
	return nil
}

// Close leaves the session for another node to resume, tells Discord of each
// click that waits that its answer will come, and waits for all of it.
func (a *Adapter) Close(ctx context.Context) error {
	a.host.Store(nil)
	a.mutex.Lock()
	if a.end != nil {
		a.end()
		a.end = nil
	}
	a.mutex.Unlock()
	a.typing.StopAll()
	a.answers.stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.loops.Wait()
		a.typing.Wait()
		a.answers.wait()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	a.client.close()
	return nil
}

// began reads what Discord says of a session that has begun.
func (a *Adapter) began(f frame) cursor {
	var ready struct {
		Session string `json:"session_id"`
		URL     string `json:"resume_gateway_url"`
	}
	_ = json.Unmarshal(f.Data, &ready)
	return cursor{Bot: a.me.Load().ID, Session: ready.Session, URL: ready.URL}
}

// recent is a set of ids of which the oldest are forgotten.
type recent struct {
	mutex sync.Mutex
	ids   map[string]bool
	order []string
	most  int
}

func newRecent(most int) *recent { return &recent{ids: map[string]bool{}, most: most} }

// add takes an id in, and reports whether it is new.
func (r *recent) add(id string) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if id == "" || r.ids[id] {
		return false
	}
	r.ids[id] = true
	if r.order = append(r.order, id); len(r.order) > r.most {
		delete(r.ids, r.order[0])
		r.order = r.order[1:]
	}
	return true
}

func (r *recent) remove(id string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.ids, id)
	if at := slices.Index(r.order, id); at >= 0 {
		r.order = slices.Delete(r.order, at, at+1)
	}
}

func (r *recent) has(id string) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.ids[id]
}
