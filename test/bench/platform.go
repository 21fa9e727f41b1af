package main

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bench"
	"github.com/posternhq/postern/platform"
)

// kind is a platform by its published limits.
type kind struct {
	name             string
	account, channel rate
}

// Discord: 50 requests a second for a bot
// (discord.com/developers/docs/topics/rate-limits); what a channel takes it says
// in its answers' headers, and most are told 5 in 5 seconds. Telegram: about one
// message a second in a chat and 30 a second in all (core.telegram.org/bots/faq).
var platforms = []kind{
	{"discord", rate{50, time.Second}, rate{5, 5 * time.Second}},
	{"telegram", rate{30, time.Second}, rate{1, time.Second}},
}

const (
	latency = 100 * time.Millisecond // there and back
	slack   = 20 * time.Millisecond  // that the adapter adds to a rate, for the way
)

// simulated is a platform and an adapter for it in one: the one enforces its
// limits, the other keeps to what was published or announced.
type simulated struct {
	bench.Adapter
	theirs, ours *ledger
	refused      atomic.Int64 // answered with a 429
	failures     int          // of each message in a channel that fails, before it is taken

	mutex  sync.Mutex
	failed map[string]int
}

func newSimulated(k kind, failures int, handle func([]byte)) *simulated {
	wider := func(r rate) rate { return rate{r.many, r.per + slack} }
	return &simulated{
		Adapter: bench.Adapter{Handle: handle}, theirs: newLedger(k.account, k.channel),
		ours: newLedger(wider(k.account), wider(k.channel)), failures: failures, failed: map[string]int{},
	}
}

// Do sends a part: the request takes half of the latency there, and the answer
// the other half back.
func (s *simulated) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	if wait, account := s.ours.take(part.ChannelID, time.Now()); wait > 0 { // the platform was not asked
		return platform.Result{}, platform.TooSoon(wait, gateOf(account), "by what was announced")
	}
	if err := platform.Permit(ctx); err != nil {
		return platform.Result{}, &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "no permit", Cause: err}
	}
	time.Sleep(latency / 2)
	at := time.Now()
	defer time.Sleep(latency / 2)
	if wait, account := s.theirs.take(part.ChannelID, at); wait > 0 {
		s.refused.Add(1)
		return platform.Result{}, limited(wait, account)
	}
	if s.fails(part) {
		return platform.Result{}, &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "502"}
	}
	s.Handle(append([]byte(part.ChannelID+" "), part.Body...))
	result := platform.Result{MessageID: part.Key}
	if account, channel := s.ours.waits(part.ChannelID, time.Now()); account > 0 || channel > 0 {
		if account > 0 {
			result.Pauses = append(result.Pauses, platform.Pause{Gate: platform.GateAccount, For: account})
		}
		if channel > 0 {
			result.Pauses = append(result.Pauses, platform.Pause{Gate: platform.GateChannel, For: channel})
		}
	}
	return result, nil
}

func limited(wait time.Duration, account bool) error {
	return &platform.Error{
		Code: envelope.CodeRateLimited, Sent: platform.SentNo, RetryAfter: wait, Gate: gateOf(account), Message: "429",
	}
}

func gateOf(account bool) platform.Gate {
	if account {
		return platform.GateAccount
	}
	return platform.GateChannel
}

// fails reports whether a message is still to fail.
func (s *simulated) fails(part platform.Part) bool {
	if s.failures == 0 || !strings.HasPrefix(part.ChannelID, failing) {
		return false
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.failed[part.Key]++
	return s.failed[part.Key] <= s.failures
}
