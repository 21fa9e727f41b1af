package sink

import (
	"time"

	"github.com/posternhq/postern/test/fault/history"
)

// Kind is a way to misbehave.
type Kind string

// The ways. Dying is not one: see Sink.Die.
const (
	Lose        Kind = "lose the answer"   // taken in, then the connection is cut
	Drop        Kind = "drop the request"  // not taken in, the connection is cut
	Delay       Kind = "answer late"       // taken in, answered after Wait
	Hold        Kind = "arrive late"       // taken in after Wait, unless who sent it has gone by then
	Hang        Kind = "hang"              // never answered
	Fail        Kind = "500"               // answered so, taken in if Taken
	Limit       Kind = "429"               // not taken in
	Unavailable Kind = "503"               // not taken in
	Refuse      Kind = "400"               // not taken in, for good
	Forbid      Kind = "401"               // not taken in
	Breathe     Kind = "close after reply" // answered well, then the connection is closed
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{Lose, Drop, Delay, Hold, Hang, Fail, Limit, Unavailable, Refuse, Forbid, Breathe}
}

// Form is how a Limit or Unavailable says when to come back.
type Form string

// The forms that a Retry-After comes in.
const (
	Seconds Form = "seconds"
	Date    Form = "date"
	Past    Form = "a date that is past"
	Garbled Form = "unreadable"
	Absent  Form = "absent"
)

// Forms are all of them.
func Forms() []Form { return []Form{Seconds, Date, Past, Garbled, Absent} }

// Fault is what happens to the next requests that it is for. A request meets
// the first fault that fits, and no other.
type Fault struct {
	Kind    Kind
	Times   int           // how many requests it happens to; 0 = until Calm
	Channel string        // "" = any
	Wait    time.Duration // Delay, Hold: how long; Limit, Unavailable: what Retry-After says
	Form    Form          // Limit, Unavailable; "" = Seconds
	Taken   bool          // Hang, Fail: the request is taken in all the same

	// Same: all of them are for what the first request shows, whatever other
	// faults there are.
	Same bool
	show string // which that is

	left bool // Hold: who sent it did not wait
}

// Inject adds a fault behind those that are there; one that is for the Same,
// before them.
func (s *Sink) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Same {
		s.faults = append([]*Fault{&f}, s.faults...)
		return
	}
	s.faults = append(s.faults, &f)
}

// Calm ends every fault. Requests that hang go on hanging until the other side
// gives up.
func (s *Sink) Calm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Met counts how many requests each kind of fault has happened to.
func (s *Sink) Met() map[Kind]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[Kind]int, len(s.met))
	for k, n := range s.met {
		out[k] = n
	}
	return out
}

// due takes the fault that a request meets, if any.
func (s *Sink) due(p Part) (f Fault, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Channel != "" && f.Channel != p.ChannelID || f.show != "" && f.show != p.show() {
			continue
		}
		if f.Same {
			f.show = p.show()
		}
		s.met[f.Kind]++
		if f.Times--; f.Times == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return *f, true
	}
	return Fault{}, false
}

// judgement is what becomes of a request under a fault.
type judgement struct {
	taken  bool
	status int
	answer history.Answer
}

// prompt is for how long a request may be held and its sender surely still waits
// for the answer.
const prompt = time.Second

func (f Fault) judge(is bool) judgement {
	if !is {
		return judgement{true, 200, history.Given}
	}
	switch f.Kind {
	case Lose:
		return judgement{true, 200, history.Lost}
	case Drop:
		return judgement{false, 0, history.Lost}
	case Delay:
		return judgement{true, 200, history.Late}
	case Hold:
		if f.left {
			return judgement{false, 0, history.Lost}
		}
		if f.Wait > prompt {
			return judgement{true, 200, history.Late}
		}
		return judgement{true, 200, history.Given}
	case Hang:
		return judgement{f.Taken, 0, history.Hung}
	case Fail:
		return judgement{f.Taken, 500, history.Given}
	case Limit:
		return judgement{false, 429, history.Given}
	case Unavailable:
		return judgement{false, 503, history.Given}
	case Refuse:
		return judgement{false, 400, history.Given}
	case Forbid:
		return judgement{false, 401, history.Given}
	default: // Breathe
		return judgement{true, 200, history.Given}
	}
}
