package harness

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Request is one POST that a gateway made.
type Request struct {
	ID       string    // webhook-id
	Node     string    // who sent it, from the url in that node's config
	At       time.Time // when its body had arrived
	Accepted bool      // false: the receiver was told to refuse it

	Type       string `json:"type"`
	ChannelID  string `json:"channel_id"`
	ThreadID   string `json:"thread_id"`
	MessageKey string `json:"message_key"`
	Text       string `json:"text"`
}

// Sink is a webhook receiver that honours webhook-id: it takes the first
// request of an id in, and answers a later one as it answered the first. It
// keeps them all. Its methods may be called from any goroutine.
type Sink struct {
	base string
	done chan struct{} // closed when the test ends

	mu       sync.Mutex
	requests []Request
	accepted map[string]bool
	changed  chan struct{} // closed, and made anew, by each request
	answer   func(Request) int
	held     chan struct{} // non-nil while held; closed by Release
}

// NewSink starts a receiver. It is closed with the test.
func NewSink(t testing.TB) *Sink {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen for the webhook receiver: %v", err)
	}
	s := &Sink{
		base:     "http://" + ln.Addr().String(),
		done:     make(chan struct{}),
		accepted: make(map[string]bool),
		changed:  make(chan struct{}),
		answer:   func(Request) int { return http.StatusOK },
	}
	server := &http.Server{Handler: s}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(ln)
	}()
	t.Cleanup(func() {
		close(s.done)
		_ = server.Close()
		<-served
	})
	return s
}

// URL is where the node with this id posts to.
func (s *Sink) URL(node string) string { return s.base + "/" + node }

// Answer has each request answered with the status that f returns for it, for
// failure injection; what is not 2xx is not taken in. f is called with the
// sink locked.
func (s *Sink) Answer(f func(Request) int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// Hold lets requests wait, unrecorded and unanswered, until Release.
func (s *Sink) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = make(chan struct{})
	}
}

// Release ends a Hold.
func (s *Sink) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil {
		close(s.held)
		s.held = nil
	}
}

// ServeHTTP takes one operation in.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := Request{ID: r.Header.Get("webhook-id"), Node: strings.TrimPrefix(r.URL.Path, "/")}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		}
	}
	status := s.record(&req)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"message_id":"seen-%s"}`, req.ID)
}

func (s *Sink) record(req *Request) (status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	req.At = time.Now()
	switch {
	case req.ID == "": // the Standard Webhooks headers are not optional
		status = http.StatusBadRequest
	case s.accepted[req.ID]:
		status = http.StatusOK
	default:
		status = s.answer(*req)
	}
	req.Accepted = status >= 200 && status < 300
	if req.Accepted {
		s.accepted[req.ID] = true
	}
	s.requests = append(s.requests, *req)
	close(s.changed)
	s.changed = make(chan struct{})
	return status
}

// Requests is all that arrived, in the order of arrival.
func (s *Sink) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// AwaitCount waits until n different webhook-ids have been taken in.
func (s *Sink) AwaitCount(t testing.TB, n int, within time.Duration) {
	t.Helper()
	s.await(t, within, fmt.Sprintf("%d messages at the receiver", n), func() bool { return len(s.accepted) >= n })
}

// AwaitText waits until a request with this text has been taken in, and
// returns it.
func (s *Sink) AwaitText(t testing.TB, text string, within time.Duration) Request {
	t.Helper()
	var found Request
	checked := 0
	s.await(t, within, fmt.Sprintf("message %q at the receiver", text), func() bool {
		for ; checked < len(s.requests); checked++ {
			if r := s.requests[checked]; r.Accepted && r.Text == text {
				found = r
				return true
			}
		}
		return false
	})
	return found
}

// await wakes at each request. done is called with the sink locked.
func (s *Sink) await(t testing.TB, within time.Duration, what string, done func() bool) {
	t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		s.mu.Lock()
		ok, changed, ids, all := done(), s.changed, len(s.accepted), len(s.requests)
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-timer.C:
			t.Fatalf("%s: not within %v; %d requests, %d different ids taken in", what, within, all, ids)
		}
	}
}
