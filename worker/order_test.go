package worker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
)

// diary is what several workers' handlers did, as it happened.
type diary struct {
	mutex    sync.Mutex
	active   map[string]string // conversation: who is at work in it
	finished map[string][]string
	faults   []string
	left     int
	all      chan struct{}
}

// begin notes that a handler begins, or complains that another is at work.
func (d *diary) begin(m *Message, who string) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if other := d.active[m.ChannelID]; other != "" {
		d.faults = append(d.faults, fmt.Sprintf("%s begins %s in %s while %s is at work", who, m.Content, m.ChannelID, other))
	}
	d.active[m.ChannelID] = who + " on " + m.Content
}

func (d *diary) end(m *Message, ok bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	delete(d.active, m.ChannelID)
	done := d.finished[m.ChannelID]
	if !ok || len(done) > 0 && done[len(done)-1] == m.Content { // once more, by somebody whose end was not heard
		return
	}
	d.finished[m.ChannelID] = append(done, m.Content)
	if d.left--; d.left == 0 {
		close(d.all)
	}
}

// TestOneConversationAtATime runs workers that are slow, fail, stop, and lose
// their network for longer than their lease, against everything said in a few
// conversations, and looks at what their handlers did.
func TestOneConversationAtATime(t *testing.T) {
	t.Parallel()
	const conversations, events = 5, 60
	s := redistest.Start(t)
	producer := open(t, s.URL())
	d := &diary{active: map[string]string{}, finished: map[string][]string{}, left: conversations * events, all: make(chan struct{})}

	handler := func(who string) Handler {
		return func(ctx context.Context, m *Message) error {
			d.begin(m, who)
			pause(ctx, time.Duration(rand.IntN(4))*time.Millisecond)
			ok := ctx.Err() == nil && rand.IntN(8) > 0
			d.end(m, ok)
			if !ok {
				return errors.New("not this time")
			}
			return nil
		}
	}
	o := quick()
	o.Concurrency, o.MaxAttempts = 3, 1000
	var proxies []*redistest.Proxy
	for i := range 3 {
		p := redistest.NewProxy(t, s)
		proxies = append(proxies, p)
		receiving(t, open(t, p.URL()), o, handler(fmt.Sprint("worker", i)))
	}
	disturbed := make(chan struct{})
	go func() {
		defer close(disturbed)
		for turn := 0; ; turn++ {
			p := proxies[turn%len(proxies)]
			p.Blackhole()
			pause(t.Context(), 1500*time.Millisecond) // longer than a lease
			p.Heal()
			p.Cut()
			select {
			case <-d.all:
				return
			case <-t.Context().Done():
				return
			default:
			}
			pause(t.Context(), 300*time.Millisecond)
		}
	}()
	for i := range events {
		for c := range conversations {
			say(t, producer, fmt.Sprint("c", c), fmt.Sprint(i))
		}
		pause(t.Context(), 20*time.Millisecond)
	}
	brief := receiving(t, open(t, s.URL()), o, handler("brief"))
	brief() // stops in the middle
	timer := time.NewTimer(60 * time.Second)
	defer timer.Stop()
	select {
	case <-d.all:
	case <-timer.C:
		t.Error("not all was handled within a minute")
	}
	<-disturbed
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, f := range d.faults {
		t.Error(f)
	}
	for c := range conversations {
		for i, got := range d.finished[fmt.Sprint("c", c)] {
			if got != fmt.Sprint(i) {
				t.Fatalf("in c%d, %v was handled in this order: %v", c, got, d.finished[fmt.Sprint("c", c)])
			}
		}
	}
}
