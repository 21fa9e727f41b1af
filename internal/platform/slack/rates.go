package slack

import (
	"sync"
	"time"

	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// rate is at most so many requests within a time, of which burst may come at
// once and the others come evenly: a stream that used a minute's edits up in its
// first seconds would stand still for the rest.
type rate struct {
	many, burst int
	per         time.Duration
}

// each is the time between two requests that keeps within a rate: burst at
// once and one each such time after it are many within any stretch of per.
func (r rate) each() time.Duration { return r.per / time.Duration(r.many-r.burst+1) }

// limits are the rates to keep to. A zero one bounds nothing.
type limits struct {
	channel rate            // messages to one channel
	methods map[string]rate // in the whole workspace
}

// published are Slack's rates (docs.slack.dev/apis/web-api/rate-limits): one
// message a second in one channel, and for each method its tier: 2 is 20 a
// minute, 3 is 50, 4 is 100. Slack says "or more", and that bursts are
// tolerated; nobody should count on that. "Several hundred" messages a minute in
// a workspace is no number to keep to: there, a refusal tells. A little is added
// for clocks that do not run alike.
func published() limits {
	minute := time.Minute + 500*time.Millisecond
	tier2, tier3, tier4 := rate{20, 5, minute}, rate{50, 5, minute}, rate{100, 20, minute}
	return limits{
		channel: rate{1, 1, 1005 * time.Millisecond},
		methods: map[string]rate{
			"chat.update": tier3, "chat.delete": tier3, "chat.postEphemeral": tier4,
			"reactions.add": tier3, "reactions.remove": tier2, "users.setPresence": tier2,
			"files.completeUploadExternal": tier4, "views.open": tier4, "views.update": tier4, "views.push": tier4,
		},
	}
}

// rates knows when this node may send what. The gateway keeps the gates that it
// asks for over a take-over.
type rates struct {
	limits limits
	mutex  sync.Mutex
	due    map[string]time.Time // by method or channel: when the next one, after a burst, would come
	sweep  int
	trips  webapi.Trips
}

func newRates(l limits) *rates { return &rates{limits: l, due: map[string]time.Time{}, sweep: 1024} }

// of names what bounds a request, how far that reaches, and its rate.
func (r *rates) of(method, channel string) (name string, gate platform.Gate, bound rate) {
	if method == "chat.postMessage" {
		return "channel " + channel, platform.GateChannel, r.limits.channel
	}
	return method, gateOf(method), r.limits.methods[method]
}

// gateOf is the gate that a method's limit shuts: the route of its type of
// envelope, or, for one that a message goes by only now and then, its channel,
// so that the messages elsewhere go on.
func gateOf(method string) platform.Gate {
	switch method {
	case "chat.update", "chat.delete", "reactions.add", "reactions.remove", "users.setPresence", "assistant.threads.setStatus":
		return platform.GateRoute
	default:
		return platform.GateChannel
	}
}

// take notes a request, or says how long its gate must stay shut before there
// can be one.
func (r *rates) take(method, channel string, now time.Time) (wait time.Duration, gate platform.Gate) {
	name, gate, bound := r.of(method, channel)
	if bound.many == 0 {
		return 0, gate
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if wait := r.wait(name, bound, now); wait > 0 {
		return wait, gate
	}
	r.tidy(now)
	due := r.due[name]
	if due.Before(now) {
		due = now
	}
	r.due[name] = due.Add(bound.each())
	return 0, gate
}

// late puts off what follows a request by as much as that came late: took is from
// when it was noted to its answer, trip from when it left.
func (r *rates) late(method, channel string, took, trip time.Duration) {
	name, _, bound := r.of(method, channel)
	if bound.many == 0 {
		return
	}
	by := min(r.trips.Late(took, trip), bound.per)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.due[name] = r.due[name].Add(by)
}

// pauses are the gates that what was sent so far shuts.
func (r *rates) pauses(method, channel string, now time.Time) []platform.Pause {
	name, gate, bound := r.of(method, channel)
	if bound.many == 0 {
		return nil
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if wait := r.wait(name, bound, now); wait > 0 {
		return []platform.Pause{{Gate: gate, For: wait}}
	}
	return nil
}

// wait is how long it is until one more keeps within a rate: what is due may
// run ahead of now by a burst.
func (r *rates) wait(name string, bound rate, now time.Time) time.Duration {
	due := r.due[name]
	if !due.After(now) {
		return 0
	}
	return max(0, due.Sub(now)-time.Duration(bound.burst-1)*bound.each())
}

// tidy lets go of what bounds nothing any more, as more comes.
func (r *rates) tidy(now time.Time) {
	if len(r.due) < r.sweep {
		return
	}
	for name, due := range r.due {
		if due.Before(now) {
			delete(r.due, name)
		}
	}
	r.sweep = max(1024, 2*len(r.due))
}

// floods tells how far a 429 to a message reaches, which Slack does not say: it
// is the channel's, unless another channel was refused too, whose time is not
// over.
type floods struct {
	mutex   sync.Mutex
	channel string
	until   time.Time
}

func (f *floods) reach(channel string, wait time.Duration, now time.Time) platform.Gate {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.channel != "" && f.channel != channel && now.Before(f.until) {
		return platform.GateRoute
	}
	f.channel, f.until = channel, now.Add(wait)
	return platform.GateChannel
}
