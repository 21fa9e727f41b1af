package redistest

import (
	"bytes"
	"strings"
	"sync"
)

// logKept bounds what is kept of a server's log, for the message of a failed
// start.
const logKept = 8 << 10

// serverLog is where a server writes its log. It notices the line that says
// that connections are accepted.
type serverLog struct {
	accepting chan struct{} // closed at that line
	ready     []byte        // what is in it

	mu   sync.Mutex
	kept []byte
	seen bool
}

func newServerLog(ready string) *serverLog {
	return &serverLog{accepting: make(chan struct{}), ready: []byte(ready)}
}

// Write takes in the next bytes; lines may come in pieces.
func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, p...)
	if !l.seen && bytes.Contains(l.kept, l.ready) {
		l.seen = true
		close(l.accepting)
	}
	l.kept = l.kept[max(0, len(l.kept)-logKept):]
	return len(p), nil
}

func (l *serverLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(string(l.kept))
}
