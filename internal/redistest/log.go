package redistest

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// logKept bounds what is kept of a server's log, for the message of a failed
// start.
const logKept = 8 << 10

// promotions are what a replica says that has been made the master, by a Sentinel
// and in a Cluster.
var promotions = [][]byte{[]byte("MASTER MODE enabled"), []byte("Failover election won")}

// serverLog is where a server writes its log. It notices the line that says
// that connections are accepted, and counts those of promotions.
type serverLog struct {
	accepting chan struct{} // closed at that line
	ready     []byte        // what is in it
	promoted  *atomic.Int64

	mu   sync.Mutex
	kept []byte
	line []byte // the last one, as far as it has come
	seen bool
}

func newServerLog(ready string, promoted *atomic.Int64) *serverLog {
	return &serverLog{accepting: make(chan struct{}), ready: []byte(ready), promoted: promoted}
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
	l.line = append(l.line, p...)
	for {
		line, rest, ended := bytes.Cut(l.line, []byte("\n"))
		if !ended {
			return len(p), nil
		}
		l.line = rest
		if slices.ContainsFunc(promotions, func(p []byte) bool { return bytes.Contains(line, p) }) {
			l.promoted.Add(1)
		}
	}
}

func (l *serverLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(string(l.kept))
}
