package harness

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// Said is one message that was published, as far as the receiver can see it.
// Within a channel, every text is said once.
type Said struct {
	Channel, Text string
	Key           string // message_key; empty: published without
}

// Envelope is what is published for it.
func (s Said) Envelope() Envelope {
	e := Envelope{"type": "message", "channel_id": s.Channel, "text": s.Text}
	if s.Key != "" {
		e["message_key"] = s.Key
	}
	return e
}

// Talk is n messages over many channels, the channels taking turns, each with
// a key of its own. name keeps the talks of one test apart.
func Talk(name string, n, channels int) []Said {
	talk := make([]Said, n)
	for i := range talk {
		channel, turn := i%channels, i/channels
		talk[i] = Said{
			Channel: fmt.Sprintf("%s-%03d", name, channel),
			Key:     fmt.Sprintf("%s-%03d-%04d", name, channel, turn),
			Text:    fmt.Sprintf("message %d of %s-%03d", turn, name, channel),
		}
	}
	return talk
}

// Envelopes is what is published for a talk, in its order.
func Envelopes(talk []Said) []Envelope {
	out := make([]Envelope, len(talk))
	for i, s := range talk {
		out[i] = s.Envelope()
	}
	return out
}

// PublishTwice publishes a talk once as JSON and once as MessagePack, two
// producers at the same time. Whoever is ahead, a channel's keys first appear
// in the talk's order.
func (s *Scene) PublishTwice(t testing.TB, talk []Said) {
	t.Helper()
	envelopes := Envelopes(talk)
	other := make(chan error, 1)
	go func() { other <- s.Publish(t.Context(), MessagePack, envelopes...) }()
	if err := s.Publish(t.Context(), JSON, envelopes...); err != nil {
		t.Error(err)
	}
	if err := <-other; err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.FailNow()
	}
}

// Load is a producer that goes on until it is stopped.
type Load struct {
	cancel context.CancelFunc
	ended  chan struct{}
	said   []Said
	err    error
}

// StartLoad publishes, at each tick, the next message of every channel, in
// turns with and without a message_key.
func (s *Scene) StartLoad(t testing.TB, channels int, every time.Duration) *Load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &Load{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for turn := 0; ; turn++ {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			said := Talk(fmt.Sprintf("turn-%05d", turn), channels, channels)
			for i := range said {
				said[i].Channel = fmt.Sprintf("load-%03d", i)
				if turn%2 == 1 {
					said[i].Key = ""
				}
			}
			// The stop is between batches: every one is published whole.
			if l.err = s.Publish(context.WithoutCancel(ctx), JSON, Envelopes(said)...); l.err != nil {
				return
			}
			l.said = append(l.said, said...)
		}
	}()
	t.Cleanup(func() { cancel(); <-l.ended })
	return l
}

// Stop ends the load and returns all that it published, in order.
func (l *Load) Stop(t testing.TB) []Said {
	t.Helper()
	l.cancel()
	<-l.ended
	if l.err != nil {
		t.Fatalf("under load: %v", l.err)
	}
	return l.said
}
