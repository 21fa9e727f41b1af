package scale

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// asReceiver, set in its environment, makes this program the receiver.
const asReceiver = "POSTERN_SCALE_RECEIVER"

// What a receiver does to requests for channels.
const (
	doAccept = ""
	doLimit  = "429" // Retry-After: an hour
	doFail   = "500"
	doHang   = "hang"   // as long as the rule stands, then it accepts
	doRefuse = "refuse" // nobody listens; for all channels
)

// rules say what is done to the channels whose names begin so; "" is all
// others.
type rules map[string]string

// notes is what a receiver has seen since it was last asked.
type notes struct {
	Accepted  int       // different webhook-ids
	Again     int       // requests with a webhook-id that was accepted before
	Wrong     []string  // lost, twice or out of order: the first of them
	First     time.Time // when the first was accepted; zero: none was
	Latencies []int32   // µs since they were due, of those that bear their due
	Requests  [][2]int  // by 100 ms since then: how many, how many at once at most
	At        int       // requests that are being served
	Since     time.Time
}

// receiver honours webhook-id: one that was accepted is accepted again, and
// has no other effect. A message's text is its number in its channel, and
// behind a space, where its latency is wanted, when it was due in ns.
type receiver struct {
	mu      sync.Mutex
	rules   rules
	changed chan struct{} // closed with each change of the rules
	seen    map[string]bool
	next    map[string]int // by channel: the number that comes next
	notes   notes
	at      int // requests being served
}

// receive serves until it is killed, and says its two addresses first: for
// messages, for the test.
func receive(out io.Writer) error {
	r := &receiver{rules: rules{}, changed: make(chan struct{}), seen: map[string]bool{}, next: map[string]int{}}
	r.notes.Since = time.Now()
	messages, err := listen()
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	serve := func() *http.Server {
		s := &http.Server{Handler: r}
		go func(l net.Listener) { _ = s.Serve(l) }(messages)
		return s
	}
	server := serve()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /rules", func(w http.ResponseWriter, req *http.Request) {
		var next rules
		if err := json.NewDecoder(req.Body).Decode(&next); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		switch {
		case next[""] == doRefuse && server != nil:
			_ = server.Close()
			server = nil
		case next[""] != doRefuse && server == nil:
			if messages, err = net.Listen("tcp", messages.Addr().String()); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			server = serve()
		}
		r.rule(next)
	})
	mux.HandleFunc("POST /take", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(r.take()) })
	fmt.Fprintf(out, "http://%s http://%s\n", messages.Addr(), control.Addr())
	return http.Serve(control, mux)
}

// listen takes a port from below Linux' ephemeral range, so that no outgoing
// connection has it when the receiver comes back to it.
func listen() (net.Listener, error) {
	for range 50 {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 12000+rand.IntN(20000))); err == nil {
			return l, nil
		}
	}
	return nil, errors.New("found no free port from 12000 to 31999")
}

func (r *receiver) rule(next rules) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rules = next
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *receiver) take() notes {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.notes
	n.At = r.at
	r.notes = notes{Since: time.Now()}
	return n
}

// ServeHTTP takes one message.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var m struct {
		Channel string `json:"channel_id"`
		Text    string `json:"text"`
	}
	if err := json.NewDecoder(req.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.enters()
	defer r.leaves()
	for {
		do, changed := r.does(m.Channel)
		switch do {
		case doLimit:
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		case doFail:
			w.WriteHeader(http.StatusInternalServerError)
			return
		case doHang:
			select {
			case <-changed:
				continue
			case <-req.Context().Done():
				return
			}
		}
		r.accept(req.Header.Get("webhook-id"), m.Channel, m.Text)
		return
	}
}

func (r *receiver) does(channel string) (do string, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind, _, _ := strings.Cut(channel, "-")
	do, ok := r.rules[kind]
	if !ok {
		do = r.rules[""]
	}
	return do, r.changed
}

func (r *receiver) enters() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at++
	slot := int(time.Since(r.notes.Since) / (100 * time.Millisecond))
	for len(r.notes.Requests) <= slot {
		r.notes.Requests = append(r.notes.Requests, [2]int{})
	}
	of := &r.notes.Requests[slot]
	of[0], of[1] = of[0]+1, max(of[1], r.at)
}

func (r *receiver) leaves() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at--
}

func (r *receiver) accept(id, channel, text string) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[id] {
		r.notes.Again++
		return
	}
	r.seen[id] = true
	r.notes.Accepted++
	if r.notes.First.IsZero() {
		r.notes.First = now
	}
	number, due, timed := strings.Cut(text, " ")
	if n, err := strconv.Atoi(number); err != nil || n != r.next[channel] {
		if len(r.notes.Wrong) < 5 {
			r.notes.Wrong = append(r.notes.Wrong, fmt.Sprintf("%s: got %q, want number %d", channel, text, r.next[channel]))
		}
	}
	r.next[channel]++
	if ns, err := strconv.ParseInt(due, 10, 64); timed && err == nil {
		r.notes.Latencies = append(r.notes.Latencies, int32(now.Sub(time.Unix(0, ns)).Microseconds()))
	}
}
