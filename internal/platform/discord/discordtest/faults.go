package discordtest

import (
	"time"

	"github.com/coder/websocket"
)

// What can befall the gateway's connections.

// each calls f for every connection.
func (s *Server) each(f func(*link)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range s.sessions {
		if of.link != nil {
			f(of.link)
		}
	}
}

// AskReconnect asks every connection for a new one, as Discord does before a
// deploy.
func (s *Server) AskReconnect() { s.each(func(l *link) { l.send(7, nil) }) }

// CloseLinks closes every connection with a code.
func (s *Server) CloseLinks(code int, reason string) {
	s.each(func(l *link) { l.close(websocket.StatusCode(code), reason) })
}

// Cut ends every connection without a word.
func (s *Server) Cut() { s.each(func(l *link) { _ = l.conn.CloseNow() }) }

// Forget ends every session: whoever resumes one hears that it is invalid.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

// Linked reports whether a session has a connection.
func (s *Server) Linked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range s.sessions {
		if of.link != nil {
			return true
		}
	}
	return false
}

// Sessions counts those that can be resumed, and how often one was.
func (s *Server) Sessions() (open, resumed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions), s.resumes
}

// Heartbeats counts those that came.
func (s *Server) Heartbeats() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beats
}

// Heard is the number of the event that the last heartbeat bore, 0 of none.
func (s *Server) Heard() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard
}

// Deafen has heartbeats go unanswered, as over a link that is dead.
func (s *Server) Deafen(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = is
}

// Heartbeat sets the interval that connections are told from now on.
func (s *Server) Heartbeat(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interval = d
}
