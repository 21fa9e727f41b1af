package webhook

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testSecret = "whsec_c2l4dGVlbi1ieXRlcy1hdC1sZWFzdC0hISEhISEh"
	testToken  = "tOkEn-in-the-query"
	testUser   = "pAsSwOrD-in-the-url"
)

func TestConformance(t *testing.T) {
	platformtest.Run(t, fixture(true))
}

func TestConformanceWithoutKey(t *testing.T) {
	platformtest.Run(t, fixture(false))
}

func fixture(idempotent bool) platformtest.Fixture {
	return platformtest.Fixture{
		Start: func(t testing.TB) (platform.Adapter, platformtest.Peer) {
			r := newReceiver(t, idempotent)
			return newAdapter(t, r.url(), map[string]any{"secret": testSecret, "idempotent": idempotent}), r
		},
		Secrets: []string{testSecret, testToken, testUser},
	}
}

func newAdapter(t testing.TB, url string, values map[string]any) *Adapter {
	t.Helper()
	all := map[string]any{"url": url, "secret": "", "idempotent": true, "timeout": 5 * time.Second}
	for k, v := range values {
		all[k] = v
	}
	a, err := New(platform.Settings{Name: "hook", Values: all})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return a
}

// request is one that arrived at a receiver.
type request struct {
	header http.Header
	body   []byte
}

// receiver is a webhook's other end.
type receiver struct {
	server  *httptest.Server
	keeps   bool // drops what bears a webhook-id it has seen
	arrived chan struct{}

	mu       sync.Mutex
	begun    int // requests of which a byte was read
	requests []request
	effects  []platformtest.Effect
	seen     map[string]bool
	fault    platformtest.Fault
	answer   http.HandlerFunc // instead of 200 {}
}

func newReceiver(t testing.TB, keeps bool) *receiver {
	t.Helper()
	r := &receiver{keeps: keeps, seen: map[string]bool{}, arrived: make(chan struct{}, 1)}
	r.server = httptest.NewUnstartedServer(r)
	r.server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateActive { // a first byte
			r.mu.Lock()
			defer r.mu.Unlock()
			r.begun++
		}
	}
	r.server.Start()
	t.Cleanup(r.server.Close)
	return r
}

// url bears credentials in each of the places a URL has for them.
func (r *receiver) url() string {
	return "http://user:" + testUser + "@" + r.server.Listener.Addr().String() + "/in?token=" + testToken
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.mu.Lock()
	r.requests = append(r.requests, request{q.Header.Clone(), body})
	fault, answer := r.fault, r.answer
	r.fault = ""
	if fault == "" || fault == platformtest.FaultLost {
		r.act(q.Header.Get(headerID), body)
	}
	r.mu.Unlock()

	switch fault {
	case platformtest.FaultLimited:
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	case platformtest.FaultBroken:
		w.WriteHeader(http.StatusInternalServerError)
	case platformtest.FaultAuth:
		w.WriteHeader(http.StatusUnauthorized)
	case platformtest.FaultMissing:
		w.WriteHeader(http.StatusNotFound)
	case platformtest.FaultSilent:
		r.arrived <- struct{}{}
		<-q.Context().Done()
	case platformtest.FaultLost:
		panic(http.ErrAbortHandler)
	default:
		if answer != nil {
			answer(w, q)
		}
	}
}

// act is what the receiver's users see. The mutex is held.
func (r *receiver) act(id string, body []byte) {
	if r.keeps && r.seen[id] {
		return
	}
	r.seen[id] = true
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return
	}
	r.effects = append(r.effects, platformtest.Effect{Type: p.Type, ChannelID: p.ChannelID, ThreadID: p.ThreadID, Text: p.Text})
}

func (r *receiver) Effects() []platformtest.Effect {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.effects)
}

func (r *receiver) Requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun
}

func (r *receiver) got() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

func (r *receiver) Arrived() <-chan struct{} { return r.arrived }

func (r *receiver) Fail(f platformtest.Fault) bool {
	if f == platformtest.FaultRefused {
		r.server.Close()
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = f
	return true
}

// answers sets what the receiver says to what it took.
func (r *receiver) answers(status int, body string, header ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
