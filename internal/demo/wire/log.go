// Package wire shows what passes through Redis as it passes: events, the
// envelopes that answer them and the receipts of those. It is an ordinary
// client of Redis, sees what any other would, and changes nothing.
//
//	inbound stream ──┐
//	outbound stream ─┼─► Follow ──► Log (bounded) ──► Handler ──► EventSource
//	receipts ────────┘
package wire

import (
	"crypto/rand"
	"encoding/json"
	"sync"
)

// Kind says what an item is.
type Kind string

// What passes: the three things on the wire, and what happens to the gateway.
const (
	KindEvent    Kind = "event"
	KindEnvelope Kind = "envelope"
	KindReceipt  Kind = "receipt"
	KindGateway  Kind = "gateway"
)

// Item is one thing that passed.
type Item struct {
	N        int64           `json:"n"`  // its place in the log, from 1
	At       float64         `json:"at"` // unix seconds
	Kind     Kind            `json:"kind"`
	Head     string          `json:"head"`            // what it is, in a word or two
	Says     string          `json:"says,omitempty"`  // what it says, on one line
	Fault    bool            `json:"fault,omitempty"` // something a person should look at
	Stream   string          `json:"stream,omitempty"`
	Entry    string          `json:"entry,omitempty"`    // its id in that stream
	Encoding string          `json:"encoding,omitempty"` // msgpack or json, as it was on the wire
	Bytes    int             `json:"bytes,omitempty"`    // its size there
	Cut      bool            `json:"cut,omitempty"`      // long values in Data are shown in part
	Data     json.RawMessage `json:"data,omitempty"`
}

// kept is how many items a log holds. With at most 16 KiB of data each
// (see clip), that is 8 MiB at the very worst, and some 300 KiB of a chat.
const kept = 512

// Log is the last items that passed. It is safe for concurrent use. Nobody who
// reads it slowly holds up who writes: what is pushed out is then missed.
type Log struct {
	run string // names this log: numbers of another one mean nothing here

	mutex   sync.Mutex
	items   []Item
	last    int64         // the number of the newest item
	changed chan struct{} // closed and renewed at each item
}

// NewLog returns an empty log.
func NewLog() *Log { return &Log{run: rand.Text(), changed: make(chan struct{})} }

// Add appends an item and gives it its number.
func (l *Log) Add(item Item) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.last++
	item.N = l.last
	if len(l.items) == kept {
		l.items = l.items[1:] // append moves the rest to a new array in time
	}
	l.items = append(l.items, item)
	close(l.changed)
	l.changed = make(chan struct{})
}

// After returns the items after number n, oldest first, at most limit of them,
// and a channel that is closed when there are more.
func (l *Log) After(n int64, limit int) ([]Item, <-chan struct{}) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	first := l.last - int64(len(l.items)) + 1
	from := min(max(n+1-first, 0), int64(len(l.items)))
	some := l.items[from:]
	if len(some) > limit {
		some = some[:limit]
	}
	return append([]Item(nil), some...), l.changed
}
