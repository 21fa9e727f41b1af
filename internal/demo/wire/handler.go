package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	listenersMost = 64               // pages open at once
	batch         = 64               // items written before the next look at the log
	quietFor      = 15 * time.Second // then a comment is sent, so that nobody on the way takes the connection for dead
	writeWithin   = 10 * time.Second // a reader that takes nothing for so long is let go; it comes back and catches up
	comeBackAfter = 500              // milliseconds until the page connects again
)

// Handler streams the log as server-sent events. The first is "hello", with
// about as its data and the log's name in "run"; then comes each item. Who
// comes back gets what it has missed, as far as it is kept.
func (l *Log) Handler(about map[string]string) http.Handler {
	var listeners atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if listeners.Add(1) > listenersMost {
			listeners.Add(-1)
			w.Header().Set("Retry-After", "5")
			http.Error(w, "too many pages follow the wire: close one", http.StatusServiceUnavailable)
			return
		}
		defer listeners.Add(-1)
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		l.tell(w, r, about)
	})
}

func (l *Log) tell(w http.ResponseWriter, r *http.Request, about map[string]string) {
	control := http.NewResponseController(w)
	send := func(b []byte) bool {
		_ = control.SetWriteDeadline(time.Now().Add(writeWithin)) // a recorder in a test has none
		_, err := w.Write(b)
		return err == nil && control.Flush() == nil
	}
	if !send(l.hello(about)) {
		return
	}
	quiet := time.NewTicker(quietFor)
	defer quiet.Stop()
	for seen := l.seenBy(r.Header.Get("Last-Event-ID")); ; {
		items, more := l.After(seen, batch)
		if len(items) > 0 {
			if !send(l.frames(items)) {
				return
			}
			seen = items[len(items)-1].N
			continue
		}
		select {
		case <-more:
		case <-quiet.C:
			if !send([]byte(":\n\n")) {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func (l *Log) hello(about map[string]string) []byte {
	with := map[string]string{"run": l.run}
	for k, v := range about {
		with[k] = v
	}
	text, _ := json.Marshal(with) // strings always can be
	return fmt.Appendf(nil, "retry: %d\nevent: hello\ndata: %s\n\n", comeBackAfter, text)
}

func (l *Log) frames(items []Item) []byte {
	var out bytes.Buffer
	for _, item := range items {
		text, err := json.Marshal(item)
		if err != nil {
			continue // Data is checked where it is made
		}
		fmt.Fprintf(&out, "id: %s.%d\ndata: %s\n\n", l.run, item.N, text)
	}
	return out.Bytes()
}

// seenBy reads how far a page has come. One that followed another log has seen
// nothing of this.
func (l *Log) seenBy(lastEventID string) int64 {
	run, number, _ := strings.Cut(lastEventID, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	if run != l.run || err != nil {
		return 0
	}
	return n
}
