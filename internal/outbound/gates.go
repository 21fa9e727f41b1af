package outbound

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/platform"
)

// gates are those of the platform that a rate limit shut. The courier that
// hears of it shuts its gate at once, for all of them; Redis is told right
// after, by the gatekeeper, and the next owner asks it. If the process dies in
// between, the next owner is refused once more.
type gates struct {
	clock *clock        // Redis'
	wake  chan struct{} // there is news

	mutex sync.Mutex
	opens map[string]time.Time // by our clock
	news  map[string]bus.Gate  // that Redis is not told of
	sweep int                  // so many, and those that are open by now are let go
}

func newGates(clock *clock) *gates {
	return &gates{clock: clock, wake: make(chan struct{}, 1), opens: map[string]time.Time{}, news: map[string]bus.Gate{}, sweep: 1024}
}

// shut keeps a gate shut for as long as was said just now.
func (g *gates) shut(name string, said time.Duration) {
	g.mutex.Lock()
	if g.keep(name, time.Now().Add(said)) {
		g.news[name] = bus.Gate{Name: name, Opens: g.clock.latest().Add(said + time.Millisecond), Said: said}
	}
	g.mutex.Unlock()
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// keep reports whether a gate opens later for it.
func (g *gates) keep(name string, opens time.Time) bool {
	if !opens.After(g.opens[name]) {
		return false
	}
	g.opens[name] = opens
	if len(g.opens) >= g.sweep {
		now := time.Now()
		for n, at := range g.opens {
			if !at.After(now) {
				delete(g.opens, n)
			}
		}
		g.sweep = max(1024, 2*len(g.opens))
	}
	return true
}

// inherit takes over what an earlier owner shut.
func (g *gates) inherit(left map[string]time.Duration) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for name, wait := range left {
		g.keep(name, time.Now().Add(wait))
	}
}

// shutNow are the gates that are shut, and when they open.
func (g *gates) shutNow() map[string]time.Time {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	shut, now := map[string]time.Time{}, time.Now()
	for name, at := range g.opens {
		if at.After(now) {
			shut[name] = at
		}
	}
	return shut
}

// before is when the last of the gates before an entry opens; zero if all are
// open. Its letter is in memory.
func (g *gates) before(e *entry) (opens time.Time) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if len(g.opens) == 0 {
		return opens
	}
	now := time.Now()
	for _, name := range append(gatesOf("", e), accountGate) {
		if at := g.opens[name]; at.After(now) && at.After(opens) {
			opens = at
		}
	}
	return opens
}

// take hands out what Redis is not told of.
func (g *gates) take() (news []bus.Gate) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, n := range g.news {
		news = append(news, n)
	}
	clear(g.news)
	return news
}

// giveBack keeps what Redis could not be told of, less what is newer.
func (g *gates) giveBack(news []bus.Gate) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, n := range news {
		if _, newer := g.news[n.Name]; !newer {
			g.news[n.Name] = n
		}
	}
}

// gateName names the gate that a rate limit shut for an entry.
func gateName(g platform.Gate, e *entry) string {
	switch g {
	case platform.GateAccount:
		return accountGate
	case platform.GateRoute:
		return "route " + string(e.route())
	case platform.GateThread:
		return threadGate(e)
	default:
		return channelGate(e)
	}
}

// accountGate is before all entries: nothing starts while it is shut.
const accountGate = "account"

// gatesOf names the gates before an entry, less its account's. Of one whose
// letter is not in memory none is known: the courier that reads it again asks.
func gatesOf(_ string, e *entry) []string {
	if e.letter == nil {
		return nil
	}
	gates := []string{"route " + string(e.route()), channelGate(e)}
	if e.letter.env.ThreadID != "" {
		gates = append(gates, threadGate(e))
	}
	return gates
}

// rankOf is an entry's rank between lanes.
func rankOf(e *entry) delivery.Rank { return e.rank }

// noGates: an RPC passes none.
func noGates(string, *entry) []string { return nil }

// longestChannel is how much of a channel's id stands in its gate's name: the
// platforms' are shorter, but a worker may write what it likes.
const longestChannel = 128

func channelGate(e *entry) string { return "channel " + short(e.letter.env.ChannelID) }

// threadGate is a thread's, or the channel's for what is in none.
func threadGate(e *entry) string {
	if e.letter.env.ThreadID == "" {
		return channelGate(e)
	}
	return "thread " + short(e.letter.env.ChannelID+" "+e.letter.env.ThreadID)
}

func short(id string) string {
	if len(id) > longestChannel {
		sum := sha256.Sum256([]byte(id))
		id = "sha256 " + hex.EncodeToString(sum[:])
	}
	return id
}

// route is the platform's method that an entry goes by: a snapshot's, as most
// do, replaces the text of what is there.
func (e *entry) route() envelope.Type {
	if e.snap != nil {
		return envelope.TypeEdit
	}
	return e.letter.env.Type
}
