package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bench"
)

// The classes of channels, by the beginnings of their names.
const (
	single  = "single"  // one message
	bursts  = "burst"   // three at once
	flooded = "flooded" // far more than it may take
	failing = "failing" // its first attempts fail
)

// scene is one platform under one load.
type scene struct {
	kind
	run     int            // which of several, beside each other
	trouble bool           // a few channels are flooded, a few fail
	says    map[string]int // messages in a channel
	order   []string       // channels, as they are published: in turn

	mutex    sync.Mutex
	begun    time.Time
	calm     time.Duration // when the last was taken of the channels that are not flooded and do not fail
	ended    time.Duration // and of all
	took     map[string][]time.Duration
	platform *simulated
}

func newScene(k kind, run int, trouble bool, channels int) *scene {
	s := &scene{kind: k, run: run, trouble: trouble, says: map[string]int{}, took: map[string][]time.Duration{}}
	add := func(class string, n, messages int) {
		for i := range n {
			name := fmt.Sprintf("%s-%d", class, i)
			s.says[name] = messages
			s.order = append(s.order, name)
		}
	}
	if trouble {
		add(flooded, 5, 40)
		add(failing, 20, 1)
	}
	add(bursts, channels/100, 3)
	add(single, channels-channels/100, 1)
	return s
}

func (s *scene) name() string {
	if s.trouble {
		return s.kind.name + ", some flooded and failing"
	}
	return s.kind.name
}

func (s *scene) total() (n int) {
	for _, messages := range s.says {
		n += messages
	}
	return n
}

func unaffected(channel string) bool {
	return strings.HasPrefix(channel, single) || strings.HasPrefix(channel, bursts)
}

// ideal is how soon the limits let all be taken that is neither flooded nor
// failing, if those get what is left over: by the account's rate, or the slowest
// of the channels', and the last request's way.
func (s *scene) ideal() time.Duration {
	spread := func(messages int, r rate) time.Duration { // the first of a window go at once
		return time.Duration((messages-1)/r.many) * r.per
	}
	all, longest := 0, time.Duration(0)
	for channel, messages := range s.says {
		if unaffected(channel) {
			all += messages
			longest = max(longest, spread(messages, s.channel))
		}
	}
	return max(longest, spread(all, s.account)) + latency/2
}

// play publishes all at once and waits until all is delivered.
func (s *scene) play(ctx context.Context, g *bench.Ground) error {
	platform := fmt.Sprintf("%s-%d", s.kind.name, s.run)
	if s.trouble {
		platform += "-trouble"
	}
	failures := 0
	if s.trouble {
		failures = 3
	}
	s.platform = newSimulated(s.kind, failures, s.handle)
	s.begun = time.Now()
	pipe := g.Client.Pipeline()
	for round := 0; ; round++ {
		some := false
		for _, channel := range s.order {
			if round >= s.says[channel] {
				continue
			}
			some = true
			data, err := envelope.Encode(envelope.Outbound{
				Type: envelope.TypeMessage, ChannelID: channel, MessageKey: fmt.Sprintf("%s-%d", channel, round), Text: bench.Stamp(s.begun),
			}, envelope.MessagePack)
			if err != nil {
				return err
			}
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: g.Names().Outbound(platform), Values: []any{"data", data}})
		}
		if !some {
			break
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return err
	}
	s.begun = time.Now()
	e, err := g.StartEngine(ctx, platform, "bench", s.platform)
	if err != nil {
		return err
	}
	return errors.Join(e.Await(ctx, s.total()), e.Stop())
}

// handle notes when the platform took a message, by its channel's class.
func (s *scene) handle(text []byte) {
	class, _, _ := strings.Cut(string(text), "-")
	s.mutex.Lock()
	defer s.mutex.Unlock()
	at := time.Since(s.begun)
	s.took[class] = append(s.took[class], at)
	s.ended = max(s.ended, at)
	if unaffected(class) {
		s.calm = max(s.calm, at)
	}
}
