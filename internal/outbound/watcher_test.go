package outbound

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorder is a Watcher that lets a test wait for what it hears.
type recorder struct {
	roles   chan Role
	outages chan bool
	pauses  chan bool
}

func newRecorder() recorder {
	return recorder{roles: make(chan Role, 64), outages: make(chan bool, 1024), pauses: make(chan bool, 64)}
}

func (r recorder) Role(role Role, _ int64) { r.roles <- role }
func (r recorder) Outage(standing, _ bool) { r.outages <- standing }
func (r recorder) Paused(paused bool)      { r.pauses <- paused }

// await waits until one of what is heard is the one wanted.
func await[T comparable](t *testing.T, heard <-chan T, want T) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case got := <-heard:
			if got == want {
				return
			}
		case <-deadline:
			t.Fatalf("never heard %v", want)
		}
	}
}

// watched hands out what a consumer with that lease becomes.
func watched(r recorder, lease time.Duration) func(*Config) {
	return func(c *Config) { c.Watcher, c.Limits.Lease = r, lease }
}

// lossMeter hands out what is counted as lost.
type lossMeter struct {
	noMeter
	entries  chan int
	receipts chan string
}

func newLossMeter() lossMeter {
	return lossMeter{entries: make(chan int, 16), receipts: make(chan string, 16)}
}

func (m lossMeter) Lost(n int)                { m.entries <- n }
func (m lossMeter) ReceiptLost(reason string) { m.receipts <- reason }

// metered has losses counted.
func metered(m lossMeter) func(*Config) { return func(c *Config) { c.Meter = m } }

// journal is a log that a test looks into.
type journal struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.text.Write(p)
}

func (j *journal) says(words string) bool {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return strings.Contains(j.text.String(), words)
}

func logged(j *journal) func(*Config) {
	return func(c *Config) { c.Log = slog.New(slog.NewTextHandler(j, nil)) }
}
