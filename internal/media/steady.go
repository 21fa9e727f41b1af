package media

import (
	"io"
	"net/http"
	"time"
)

// A file moves as slowly as its line does, but it moves: each read or write
// has stall to bring something, and all of them transfer. So one who dribbles
// holds a connection for a while, and never for ever.
const (
	stall    = 30 * time.Second
	transfer = 10 * time.Minute
)

// steadyBody is a request's body under these limits instead of the server's.
func steadyBody(w http.ResponseWriter, r *http.Request) io.Reader {
	s := &steady{control: http.NewResponseController(w), end: time.Now().Add(transfer)}
	_ = s.control.SetWriteDeadline(s.end.Add(stall)) // for the answer; a writer that has none keeps to the server's
	return readerFunc(func(p []byte) (int, error) {
		_ = s.control.SetReadDeadline(s.next())
		return r.Body.Read(p)
	})
}

// steadyWriter is a response under these limits.
func steadyWriter(w http.ResponseWriter) http.ResponseWriter {
	return &steady{ResponseWriter: w, control: http.NewResponseController(w), end: time.Now().Add(transfer)}
}

type steady struct {
	http.ResponseWriter
	control *http.ResponseController
	end     time.Time
}

func (s *steady) next() time.Time {
	if next := time.Now().Add(stall); next.Before(s.end) {
		return next
	}
	return s.end
}

// Write has no ReadFrom beside it, which would move the whole file in one go.
func (s *steady) Write(p []byte) (int, error) {
	_ = s.control.SetWriteDeadline(s.next())
	return s.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (s *steady) Unwrap() http.ResponseWriter { return s.ResponseWriter }

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
