package slacktest

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// ackWithin is how long a connection has to acknowledge what it was dealt: three
// seconds on Slack.
const ackWithin = 3 * time.Second

// mostConnections is how many an app may have.
const mostConnections = 10

// sockets are the app's connections. What is dealt goes to one of them, to each
// in its turn.
type sockets struct {
	mu      sync.Mutex
	open    []*socket
	turn    int
	tickets map[string]bool
	off     bool                     // Socket Mode is switched off
	changed chan struct{}            // closed, and made anew, when one is opened
	waits   map[string]chan struct{} // closed once what was dealt before in it was sent
	opened  int
}

type socket struct {
	ws   *websocket.Conn
	gone chan struct{}
	mu   sync.Mutex
	acks map[string]chan struct{}
}

// queue keeps the order: what was dealt before is sent before. The mutex of the
// server is held.
func (k *sockets) queue(p *parcel) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.waits == nil {
		k.waits = map[string]chan struct{}{}
	}
	before := k.waits["last"]
	sent := make(chan struct{})
	k.waits["last"], k.waits[p.id] = sent, before
	k.waits["sent "+p.id] = sent
}

// openConnection is apps.connections.open.
func (s *Server) openConnection() (values, *refusal) {
	k := &s.sockets
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.off:
		return nil, no("socket_mode_disabled")
	case len(k.open) >= mostConnections:
		return nil, no("too_many_websockets")
	}
	s.serial++
	ticket := "ticket-" + strconv.Itoa(s.serial)
	if k.tickets == nil {
		k.tickets = map[string]bool{}
	}
	k.tickets[ticket] = true
	return values{"url": "ws" + strings.TrimPrefix(s.http.URL, "http") + "/link/?ticket=" + ticket + "&app_id=" + AppID}, nil
}

// serveSocket is one connection: a greeting, then what is dealt to it.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	k := &s.sockets
	k.mu.Lock()
	ticket := r.URL.Query().Get("ticket")
	known := k.tickets[ticket]
	delete(k.tickets, ticket)
	k.mu.Unlock()
	if !known {
		http.Error(w, "unknown ticket", http.StatusForbidden)
		return
	}
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	c := &socket{ws: ws, gone: make(chan struct{}), acks: map[string]chan struct{}{}}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k.mu.Lock()
	hello := values{
		"type": "hello", "num_connections": len(k.open) + 1, "connection_info": values{"app_id": AppID},
		"debug_info": values{"host": "applink-test", "approximate_connection_time": 18060},
	}
	if ws.Write(ctx, websocket.MessageText, []byte(asJSON(hello))) == nil {
		k.open = append(k.open, c)
		k.opened++
		if k.changed != nil {
			close(k.changed)
			k.changed = nil
		}
	}
	k.mu.Unlock()
	s.Tell()
	for {
		_, text, err := ws.Read(ctx)
		if err != nil {
			break
		}
		var ack struct {
			ID string `json:"envelope_id"`
		}
		_ = json.Unmarshal(text, &ack)
		c.mu.Lock()
		if acked := c.acks[ack.ID]; acked != nil {
			close(acked)
			delete(c.acks, ack.ID)
		}
		c.mu.Unlock()
	}
	k.drop(c)
	s.Tell()
	close(c.gone)
	_ = ws.CloseNow()
}

func (k *sockets) drop(c *socket) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, o := range k.open {
		if o == c {
			k.open = append(k.open[:i:i], k.open[i+1:]...)
		}
	}
}

// pick is the connection whose turn it is, once there is one; nil when closed.
func (k *sockets) pick(closed <-chan struct{}) *socket {
	for {
		k.mu.Lock()
		if n := len(k.open); n > 0 {
			k.turn++
			c := k.open[k.turn%n]
			k.mu.Unlock()
			return c
		}
		if k.changed == nil {
			k.changed = make(chan struct{})
		}
		changed := k.changed
		k.mu.Unlock()
		select {
		case <-changed:
		case <-closed:
			return nil
		}
	}
}

// send deals something to a connection, and reports whether it was acknowledged.
func (k *sockets) send(p *parcel, closed <-chan struct{}) bool {
	k.mu.Lock()
	before, sent := k.waits[p.id], k.waits["sent "+p.id]
	delete(k.waits, p.id)
	delete(k.waits, "sent "+p.id)
	k.mu.Unlock()
	if before != nil {
		select {
		case <-before:
		case <-closed:
		}
	}
	c := k.pick(closed)
	acked := make(chan struct{})
	if c != nil {
		frame := values{
			"envelope_id": p.id, "type": p.kind, "payload": p.payload, "accepts_response_payload": p.kind != "events_api",
			"retry_attempt": p.attempt, "retry_reason": map[bool]string{true: "timeout", false: ""}[p.attempt > 0],
		}
		c.mu.Lock()
		c.acks[p.id] = acked
		c.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), ackWithin)
		_ = c.ws.Write(ctx, websocket.MessageText, []byte(asJSON(frame)))
		cancel()
	}
	if sent != nil {
		close(sent)
	}
	if c == nil {
		return true
	}
	over := time.NewTimer(ackWithin)
	defer over.Stop()
	select {
	case <-acked:
		return true
	case <-c.gone:
		// An acknowledgement may have been read just before.
		select {
		case <-acked:
			return true
		default:
			return false
		}
	case <-over.C:
		return false
	case <-closed:
		return true
	}
}

// Refresh has Slack say that every connection will end, and end each once
// another one is there.
func (s *Server) Refresh() {
	k := &s.sockets
	k.mu.Lock()
	leaving := append([]*socket(nil), k.open...)
	opened := k.opened
	k.mu.Unlock()
	for _, c := range leaving {
		_ = c.ws.Write(context.Background(), websocket.MessageText, []byte(`{"type":"disconnect","reason":"refresh_requested","debug_info":{"host":"applink-test"}}`))
	}
	s.posts.Go(func() {
		for {
			k.mu.Lock()
			n := k.opened
			k.mu.Unlock()
			if n >= opened+len(leaving) {
				break
			}
			select {
			case <-time.After(5 * time.Millisecond):
			case <-s.closed:
				return
			}
		}
		for _, c := range leaving {
			k.drop(c)
			_ = c.ws.Close(websocket.StatusNormalClosure, "refresh_requested")
		}
	})
}

// SwitchOff switches Socket Mode off or on again in the app's settings.
func (s *Server) SwitchOff(off bool) {
	k := &s.sockets
	k.mu.Lock()
	k.off = off
	open := append([]*socket(nil), k.open...)
	k.mu.Unlock()
	if off {
		for _, c := range open {
			_ = c.ws.Write(context.Background(), websocket.MessageText, []byte(`{"type":"disconnect","reason":"link_disabled"}`))
			_ = c.ws.CloseNow()
		}
	}
}

// Cut ends every connection without a word.
func (s *Server) Cut() { s.cutAll() }

func (s *Server) cutAll() {
	k := &s.sockets
	k.mu.Lock()
	open := append([]*socket(nil), k.open...)
	k.mu.Unlock()
	for _, c := range open {
		_ = c.ws.CloseNow()
	}
}

// Connections counts those that are open, and those that ever were.
func (s *Server) Connections() (open, ever int) {
	k := &s.sockets
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.open), k.opened
}
