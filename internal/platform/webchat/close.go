package webchat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/coder/websocket"
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
