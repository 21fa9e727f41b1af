package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// outboxLen is how many answers and passing frames may wait for a socket. Who
// is not reading gets no more of either: answers hold up the reading of what
// they answer, and passing frames pass.
const outboxLen = 32

// socket is one page's connection. One goroutine reads and acts, one writes.
type socket struct {
	hub     *hub
	conn    *websocket.Conn
	ctx     context.Context // ends with the connection
	end     context.CancelFunc
	opened  time.Time
	address *address // nil: this machine
	closing sync.Once
	closed  chan struct{} // the close has been answered, or given up

	// Set by hello, before the socket is in its room; the reader's.
	visitor *visitor
	session string // that the upgrade brought
	room    *room
	counted bool // among the room's people
	typed   time.Time

	name      atomic.Pointer[string]
	throttled time.Time // since when without a pause; the reader's

	outbox chan []byte
	roused chan struct{}
	at     atomic.Int64 // the version that the page has been sent; -1 before that

	// For lookAfterSockets: unix nanoseconds.
	heard   atomic.Int64
	writing atomic.Int64 // since when a frame is on its way; 0 = none
	pinging atomic.Bool
}

func (h *hub) newSocket(conn *websocket.Conn, session string, from *address) *socket {
	ctx, end := context.WithCancel(context.Background())
	s := &socket{
		hub: h, conn: conn, ctx: ctx, end: end, opened: time.Now(), address: from, session: session, closed: make(chan struct{}),
		outbox: make(chan []byte, outboxLen), roused: make(chan struct{}, 1),
	}
	s.at.Store(-1)
	s.heard.Store(s.opened.UnixNano())
	s.name.Store(new(string))
	return s
}

// person is the visitor under the name that this page has.
func (s *socket) person() person { return person{ID: s.visitor.id, Name: *s.name.Load()} }

// serve reads frames and carries each out before it reads the next, until the
// connection ends.
func (s *socket) serve() {
	defer s.hub.leave(s)
	defer s.finish()
	most := int64(s.hub.config.maxText + maxFrameOver)
	s.conn.SetReadLimit(-1) // ours says what is allowed, and lets the page hear it
	var buf bytes.Buffer
	for {
		kind, r, err := s.conn.Reader(s.ctx)
		if err != nil {
			return
		}
		buf.Reset()
		n, err := io.Copy(&buf, io.LimitReader(r, most+1))
		if err != nil {
			return
		}
		if n > most {
			s.close(websocket.StatusMessageTooBig, fmt.Sprintf("a frame has at most %d bytes", most))
			return
		}
		s.heard.Store(time.Now().UnixNano())
		if kind != websocket.MessageText {
			s.close(closeProtocol, "frames are text, JSON objects")
			return
		}
		if !s.frame(buf.Bytes()) {
			return
		}
		if buf.Cap() > batchBytes {
			buf = bytes.Buffer{} // a rare large frame keeps no memory
		}
	}
}

// frame carries one frame out. It reports whether to read on.
func (s *socket) frame(data []byte) bool {
	var f inFrame
	if err := json.Unmarshal(data, &f); err != nil {
		s.close(closeProtocol, "a frame is one JSON object with its type in t; see docs/webchat.md")
		return false
	}
	if s.visitor == nil {
		return s.hello(f)
	}
	if !s.throttle() {
		s.close(closeTooMany, fmt.Sprintf("over %d frames a second for %v", frameRate, s.hub.timing.flood))
		return false
	}
	s.act(f)
	return true
}

// throttle slows a page down to frameRate. It reports false for one that had
// to be slowed down for too long without a pause.
func (s *socket) throttle() bool {
	wait := s.visitor.frames.Reserve().Delay()
	if wait == 0 {
		s.throttled = time.Time{}
		return true
	}
	if s.throttled.IsZero() {
		s.throttled = time.Now()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ctx.Done():
	}
	return time.Since(s.throttled) < s.hub.timing.flood
}

// answer queues a frame for the page. It waits while the page does not read.
func (s *socket) answer(frame []byte) {
	select {
	case s.outbox <- frame:
	case <-s.ctx.Done():
	}
}

// offer queues a passing frame, if there is room, for a page that has its
// records.
func (s *socket) offer(frame []byte) {
	if s.at.Load() < 0 {
		return
	}
	select {
	case s.outbox <- frame:
	default:
	}
}

// rouse tells the writer to look at the room's log.
func (s *socket) rouse() {
	select {
	case s.roused <- struct{}{}:
	default:
	}
}
