package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/platform"
)

// Why a socket is closed. Those from 4400 are our own; docs/webchat.md says
// what a page makes of each.
const (
	closeGoing     = websocket.StatusGoingAway
	closeAgain     = websocket.StatusTryAgainLater
	closeProtocol  = websocket.StatusCode(4400)
	closeSession   = websocket.StatusCode(4401)
	closeForbidden = websocket.StatusCode(4403)
	closeTooMany   = websocket.StatusCode(4429)
)

// outboxLen is how many answers and passing frames may wait for a socket. Who
// is not reading gets no more of either: answers hold up the reading of what
// they answer, and passing frames pass.
const outboxLen = 32

// batchBytes is how much of a room's log goes into one frame; frameBytes, how
// much of what the store answers. A single record may be larger.
const (
	batchBytes = 64 << 10
	frameBytes = 512 << 10
)

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

// write sends what there is until the connection ends. What waits in the
// outbox goes before what the room has new: so welcome goes first.
func (s *socket) write() {
	defer s.end()
	var buf []byte
	for {
		var err error
		select {
		case <-s.ctx.Done():
			return
		case frame := <-s.outbox:
			err = s.send(frame)
		case <-s.roused:
			for more := true; more && err == nil; {
				select {
				case frame := <-s.outbox:
					err = s.send(frame)
				default:
					buf, more, err = s.sendNews(buf[:0])
				}
			}
			if cap(buf) > 2*batchBytes {
				buf = nil
			}
		}
		if err != nil {
			return
		}
	}
}

// sendNews sends one frame of what changed in the room since the page was
// told last. more is false when there was nothing.
func (s *socket) sendNews(buf []byte) (_ []byte, more bool, err error) {
	at := s.at.Load()
	if at < 0 {
		return buf, false, nil
	}
	s.room.mu.Lock()
	records, upTo, ok := s.room.log.after(at, s.visitor.id, batchBytes)
	s.room.mu.Unlock()
	if !ok {
		if records, upTo, err = s.changedSince(at); err != nil {
			s.close(closeAgain, "the room store does not answer; connect again")
			return buf, false, err
		}
	}
	if upTo <= at {
		return buf, false, nil
	}
	s.at.Store(upTo)
	if len(records) == 0 {
		return buf, true, nil // all of it is for others
	}
	buf = appendRecords(buf, upTo, records)
	return buf, true, s.send(buf)
}

// changedSince asks the store, for a page that is too far behind for the log.
func (s *socket) changedSince(at int64) (records [][]byte, upTo int64, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, storeWithin)
	defer cancel()
	changed, version, err := s.hub.host.Rooms().Changed(ctx, s.room.id, at, changedAtOnce)
	if err != nil {
		return nil, 0, fmt.Errorf("ask what changed in room %s: %w", s.room.id, err)
	}
	changed, upTo = s.fit(changed, version, changedAtOnce)
	return s.mine(changed), upTo, nil
}

// fit cuts an answer to as much as goes into one frame, and says up to which
// version it is complete then. most is what the store was asked for.
func (s *socket) fit(changed []platform.Record, version int64, most int) ([]platform.Record, int64) {
	n := fitting(changed)
	if n < len(changed) || n == most {
		return changed[:n], changed[n-1].Version
	}
	return changed, version
}

// fitting is how many of the records go into one frame: one at least.
func fitting(records []platform.Record) int {
	size := 0
	for i, r := range records {
		if size += len(r.Data); size > frameBytes && i > 0 {
			return i
		}
	}
	return len(records)
}

func (s *socket) send(frame []byte) error {
	s.writing.Store(time.Now().UnixNano())
	defer s.writing.Store(0)
	return s.conn.Write(context.Background(), websocket.MessageText, frame)
}

// close says why and ends the connection; what comes after the first is
// ignored.
func (s *socket) close(code websocket.StatusCode, reason string) {
	s.closing.Do(func() {
		if !s.hub.start(func() { s.closeNow(code, reason) }) {
			go s.closeNow(code, reason) // the hub is closing, and waits for s.closed
		}
	})
}

func (s *socket) closeAndWait(code websocket.StatusCode, reason string) {
	s.close(code, reason)
	<-s.closed
}

// finish ends what is left of a connection that nobody reads any more.
func (s *socket) finish() {
	s.closing.Do(func() {
		_ = s.conn.CloseNow()
		close(s.closed)
	})
	s.end()
}

// closeNow closes the connection, and cuts it off from a page that does not
// answer.
func (s *socket) closeNow(code websocket.StatusCode, reason string) {
	defer close(s.closed)
	defer s.end()
	cut := time.AfterFunc(s.hub.timing.close, s.end)
	defer cut.Stop()
	if err := s.conn.Close(code, reason); err != nil && !errors.Is(err, io.EOF) {
		s.hub.host.Log().Debug("a socket did not close in good order", "error", err)
	}
}

// lookAfterSockets ends those that hang and pings those that are silent.
func (h *hub) lookAfterSockets(now time.Time) {
	h.mu.RLock()
	sockets := make([]*socket, 0, len(h.sockets))
	for s := range h.sockets {
		sockets = append(sockets, s)
	}
	h.mu.RUnlock()
	for _, s := range sockets {
		since := s.writing.Load()
		switch {
		case since != 0 && now.Sub(time.Unix(0, since)) > h.timing.write:
			s.end() // nothing gets through to it, a farewell neither
		case s.at.Load() < 0 && now.Sub(s.opened) > h.timing.hello:
			s.close(closeProtocol, fmt.Sprintf("no hello within %v", h.timing.hello))
		case now.Sub(time.Unix(0, s.heard.Load())) > h.timing.idle && s.pinging.CompareAndSwap(false, true):
			if !h.start(s.ping) {
				return
			}
		}
	}
}

// ping ends the connection unless the page answers in time.
func (s *socket) ping() {
	defer s.pinging.Store(false)
	ctx, cancel := context.WithTimeout(s.ctx, s.hub.timing.pong)
	defer cancel()
	if s.conn.Ping(ctx) != nil {
		s.end()
		return
	}
	s.heard.Store(time.Now().UnixNano())
}
