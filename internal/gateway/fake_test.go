package gateway

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// fake is a platform's adapter that does what the test says.
type fake struct {
	caps   platform.Capabilities
	onOpen func(ctx context.Context, host platform.Host, nth int) error // nil: it is ready
	onDo   func(ctx context.Context) error                              // nil: it is there

	journal chan string // opened, closed, done

	mutex sync.Mutex
	host  platform.Host
	opens []time.Time
}

func newFake() *fake {
	return &fake{
		caps: platform.Capabilities{
			Types:  map[envelope.Type]platform.Level{envelope.TypeMessage: platform.Full},
			Fields: map[string]platform.Level{"format": platform.Full}, NativeKey: true,
		},
		journal: make(chan string, 100),
	}
}

func (f *fake) Identity() platform.Identity {
	return platform.Identity{Platform: "fake", UserID: "U1"}
}
func (f *fake) Capabilities() platform.Capabilities { return f.caps }

func (f *fake) Open(ctx context.Context, host platform.Host) error {
	f.mutex.Lock()
	f.host = host
	f.opens = append(f.opens, time.Now())
	nth := len(f.opens)
	f.mutex.Unlock()
	if f.onOpen != nil {
		if err := f.onOpen(ctx, host, nth); err != nil {
			f.journal <- "refused"
			return err
		}
	} else {
		host.State(platform.StateReady, "")
	}
	f.journal <- "opened"
	return nil
}

func (f *fake) Close(context.Context) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.host != nil {
		f.host = nil
		f.journal <- "closed"
	}
	return nil
}

func (f *fake) Plan(op platform.Operation) ([]platform.Part, error) {
	return []platform.Part{{Type: op.Envelope.Type, ChannelID: op.Envelope.ChannelID, Body: []byte(op.Envelope.Text)}}, nil
}

func (f *fake) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	f.journal <- "doing"
	if f.onDo != nil {
		if err := f.onDo(ctx); err != nil {
			return platform.Result{}, err
		}
	}
	return platform.Result{MessageID: "m-" + part.Key}, nil
}

// state is the adapter telling how its connection is.
func (f *fake) state(s platform.State, reason string) {
	f.mutex.Lock()
	host := f.host
	f.mutex.Unlock()
	host.State(s, reason)
}

// await waits for the next thing that happens to the adapter.
func (f *fake) await(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-f.journal:
		if got != want {
			t.Fatalf("the adapter was %s, want %s", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("the adapter was never %s", want)
	}
}

// hooked is a fake that takes callbacks.
type hooked struct{ *fake }

func (hooked) ServeHook(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }

// kindOf makes the kind whose platforms are adapters, by name.
func kindOf(adapters map[string]platform.Adapter) platform.Kind {
	return platform.Kind{Name: "fake", Help: "A platform of the tests.", New: func(s platform.Settings) (platform.Adapter, error) {
		return adapters[s.Name], nil
	}}
}
