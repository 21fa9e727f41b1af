package discord

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/retry"
)

// Discord's limits (docs.discord.com/developers/topics/rate-limits): a bucket
// for each route and top-level resource, of which every answer tells; so many
// requests a second in all; and so many refusals in ten minutes from one
// address, after which all of it is banned for a while.
const (
	globalMany = 50
	globalPer  = time.Second + 20*time.Millisecond // the network shortens distances

	// resetMargin is for what Discord rounds off, and for the network: an answer
	// may have come faster than the next request goes.
	resetMargin = 15 * time.Millisecond

	// flightLooked is when to look again where all of a second's requests are
	// still on their way.
	flightLooked = 50 * time.Millisecond

	invalidPer = 10 * time.Minute
	// invalidMost is half of what bans: other bots may be behind this address.
	invalidMost = 5000
)

// route is where a request is counted: its method and path with the ids taken
// out, and the top-level id, which has a bucket of its own.
type route struct {
	path  string
	major string
	free  bool // not counted against the bot: an interaction's own way
}

var (
	snowflake = regexp.MustCompile(`^[0-9]{15,20}$`)
	numeral   = regexp.MustCompile(`^[0-9]+$`)
)

func routeOf(method, path string) route {
	path, _, _ = strings.Cut(strings.TrimPrefix(path, "/"), "?")
	words := strings.Split(path, "/")
	r := route{free: words[0] == "interactions" || words[0] == "webhooks"}
	for i := 1; i < len(words); i++ {
		switch {
		case i == 1 && (words[0] == "channels" || words[0] == "guilds" || r.free):
			r.major = words[1]
			words[1] = "{major}"
		case i == 2 && r.free:
			r.major += "/" + words[2]
			words[2] = "{token}"
		case words[i-1] == "reactions":
			words[i] = "{emoji}"
		case snowflake.MatchString(words[i]), numeral.MatchString(words[i]):
			words[i] = "{id}"
		}
	}
	r.path = method + " /" + strings.Join(words, "/")
	return r
}

// bucket is what is left of a limit.
type bucket struct {
	limit, remaining int
	reset            time.Time // when all of it is back
}

// buckets knows what is left where. It is safe for concurrent use.
type buckets struct {
	mutex   sync.Mutex
	named   map[string]string // by route: the bucket it shares, once an answer told
	state   map[string]*bucket
	flying  int         // requests that count for all and have no answer yet
	landed  []time.Time // when the last ones had theirs, the oldest first
	many    int         // of both, within globalPer
	invalid map[int64]int
	sweep   int
}

func newBuckets() *buckets {
	return &buckets{named: map[string]string{}, state: map[string]*bucket{}, invalid: map[int64]int{}, many: globalMany, sweep: 1024}
}

func (b *buckets) key(r route) string {
	if name, ok := b.named[r.path]; ok {
		return name + " " + r.major
	}
	return r.path + " " + r.major
}

// take makes a request count, or says how long its gate must stay shut before
// there can be one.
func (b *buckets) take(r route, now time.Time) (wait time.Duration, gate platform.Gate) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if wait := b.banned(now); wait > 0 {
		return wait, platform.GateAccount
	}
	if wait := b.globally(now); wait > 0 && !r.free {
		return wait, platform.GateAccount
	}
	if left := b.state[b.key(r)]; left != nil {
		switch {
		case !now.Before(left.reset):
			left.remaining = left.limit
		case left.remaining <= 0:
			return left.reset.Sub(now), platform.GateThread
		}
		left.remaining--
	}
	if !r.free {
		b.flying++
	}
	return 0, 0
}

// land ends a request that take has let through. When Discord counted it, only
// its end tells: at the latest then.
func (b *buckets) land(r route, now time.Time) {
	if r.free {
		return
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.flying--
	b.landed = append(b.landed, now)
	if over := len(b.landed) - b.many; over > 0 {
		b.landed = append(b.landed[:0], b.landed[over:]...)
	}
}

// globally is how long there is no room in the second that counts for all.
func (b *buckets) globally(now time.Time) time.Duration {
	room := b.many - b.flying
	switch {
	case room <= 0:
		return flightLooked
	case len(b.landed) < room:
		return 0
	}
	return max(0, b.landed[len(b.landed)-room].Add(globalPer).Sub(now))
}

// banned is how long to stay away so that refusals do not get this address
// banned.
func (b *buckets) banned(now time.Time) time.Duration {
	oldest := now.Add(-invalidPer).Unix() / 60
	count := 0
	for minute, n := range b.invalid {
		if minute < oldest {
			delete(b.invalid, minute)
			continue
		}
		count += n
	}
	if count < invalidMost {
		return 0
	}
	for _, minute := range slices.Sorted(maps.Keys(b.invalid)) {
		if count -= b.invalid[minute]; count < invalidMost {
			return max(time.Second, time.Unix((minute+1)*60, 0).Add(invalidPer).Sub(now))
		}
	}
	return invalidPer
}

// note takes in what an answer says of limits.
func (b *buckets) note(r route, answer *http.Response, now time.Time) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	h := answer.Header
	shared := h.Get("X-RateLimit-Scope") == "shared"
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		if !shared { // which is somebody else's doing
			b.invalid[now.Unix()/60]++
		}
	}
	limit, err := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	if err != nil || limit <= 0 {
		return
	}
	remaining, err := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	after, err2 := strconv.ParseFloat(h.Get("X-RateLimit-Reset-After"), 64)
	if err != nil || err2 != nil {
		return
	}
	if name := h.Get("X-RateLimit-Bucket"); name != "" {
		b.named[r.path] = name
	}
	key := b.key(r)
	left := b.state[key]
	if left == nil {
		b.forget(now)
		left = &bucket{}
		b.state[key] = left
	}
	reset := now.Add(retry.Seconds(after) + resetMargin)
	if reset.Sub(left.reset) > 100*time.Millisecond || left.limit == 0 {
		left.remaining = remaining // it began anew
	} else {
		left.remaining = min(left.remaining, remaining) // answers overtake each other
	}
	left.limit, left.reset = limit, reset
	if answer.StatusCode == http.StatusTooManyRequests && !shared {
		left.remaining = 0
	}
}

// forget lets go of buckets that are full again, as more come.
func (b *buckets) forget(now time.Time) {
	if len(b.state) < b.sweep {
		return
	}
	for key, left := range b.state {
		if !now.Before(left.reset) {
			delete(b.state, key)
		}
	}
	b.sweep = max(1024, 2*len(b.state))
}

// pauses are the gates that what was sent so far shuts: of its bucket when it is
// empty, of the account when the second is full. paced spreads what is left of
// the bucket evenly, as suits a text that grows.
func (b *buckets) pauses(r route, paced bool, now time.Time) []platform.Pause {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	var out []platform.Pause
	if left := b.state[b.key(r)]; left != nil && now.Before(left.reset) {
		switch whole := left.reset.Sub(now); {
		case left.remaining <= 0:
			out = append(out, platform.Pause{Gate: platform.GateThread, For: whole})
		case paced:
			out = append(out, platform.Pause{Gate: platform.GateThread, For: whole / time.Duration(left.remaining+1)})
		}
	}
	if wait := b.globally(now); wait > 0 && !r.free {
		out = append(out, platform.Pause{Gate: platform.GateAccount, For: wait})
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
