package outbound

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
)

// shelf is a lane with its stands, driven as the desk does, and what became of
// each entry. Beside it stands the plain account of each stream: the last
// snapshot that was begun, and what its message reads.
type shelf struct {
	t      *rapid.T
	lanes  *delivery.Lanes[*entry]
	stands stands
	now    time.Time
	flying *entry
	next   uint64

	streams  map[string]*account
	ended    map[*entry]string
	messages []bus.ID // as they were delivered
	waiting  map[*entry]bool
}

type account struct {
	arrived  []*entry
	begun    delivery.Snapshot
	reads    []delivery.Snapshot
	finished bool
}

func newShelf(t *rapid.T) *shelf {
	return &shelf{
		t: t, lanes: delivery.NewLanes(4, func(string, *entry) []string { return nil }, rankOf), stands: stands{},
		now: time.Unix(0, 0), streams: map[string]*account{}, ended: map[*entry]string{}, waiting: map[*entry]bool{},
	}
}

func (s *shelf) end(e *entry, how string) {
	if before, twice := s.ended[e]; twice {
		s.t.Fatalf("%v ended as %s, and then as %s", e.id, before, how)
	}
	if !s.waiting[e] {
		s.t.Fatalf("%v ended as %s and never arrived", e.id, how)
	}
	s.ended[e] = how
	delete(s.waiting, e)
}

func (s *shelf) arrive(stream string, snap delivery.Snapshot) {
	s.next++
	e := &entry{id: bus.ID{MS: s.next}, lane: "l", key: stream}
	s.waiting[e] = true
	if stream == "" {
		s.lanes.Push(e.lane, e)
		return
	}
	e.snap = &snapshot{Snapshot: snap}
	if s.streams[stream] == nil {
		s.streams[stream] = &account{begun: delivery.Snapshot{Seq: -1}}
	}
	s.streams[stream].arrived = append(s.streams[stream].arrived, e)
	inLane, gone := s.stands.arrive(e)
	if inLane {
		s.lanes.Push(e.lane, e)
	}
	if gone != nil {
		s.end(gone, "superseded")
	}
}

// start takes the next one out, as far as its claim's judgement.
func (s *shelf) start() {
	for s.flying == nil {
		_, place, ok := s.lanes.Next(s.now)
		if !ok {
			return
		}
		e := s.stands.start(place)
		if e == nil {
			s.lanes.Done("l", false)
			continue
		}
		if s.ended[e] != "" {
			s.t.Fatalf("%v starts and has ended as %s", e.id, s.ended[e])
		}
		s.flying = e
		if e.snap == nil {
			return
		}
		a := s.streams[e.key]
		switch {
		case a.finished:
			s.finish("duplicate")
		case e.trial == nil && e.snap.Precedes(a.begun):
			s.finish("superseded")
		default:
			if e.trial == nil {
				e.trial = &trial{claimed: true, claim: bus.Claim{State: bus.ClaimClaimed}}
			}
			return
		}
	}
}

func (s *shelf) finish(how string) {
	e := s.flying
	s.flying = nil
	s.lanes.Done("l", false)
	s.end(e, how)
	if e.snap == nil {
		s.messages = append(s.messages, e.id)
	}
}

// apply ends what is in flight well.
func (s *shelf) apply() {
	if e := s.flying; e != nil && e.snap != nil {
		a := s.streams[e.key]
		a.begun = e.snap.Snapshot
		a.reads = append(a.reads, e.snap.Snapshot)
		a.finished = e.snap.Final
	}
	if s.flying != nil {
		s.finish("delivered")
	}
}

// fail puts what is in flight back; doubt: something of it may be there.
func (s *shelf) fail(doubt bool) {
	e := s.flying
	if e == nil {
		return
	}
	s.flying = nil
	s.lanes.Hold("l", s.now.Add(time.Second), true)
	if e.snap == nil {
		return
	}
	if doubt {
		s.streams[e.key].begun = e.snap.Snapshot
		e.trial.claim.State = bus.ClaimSending
	}
	if !e.begun() {
		if gone := s.stands.back(e); gone != nil {
			s.end(gone, "superseded")
		}
	}
}

// Whatever comes in whatever order and however it fares: each entry ends once,
// messages keep their order, no text goes back, and the last one is right.
func TestStandsAgainstAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newShelf(t)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				s.arrive("", delivery.Snapshot{})
			case 1, 2, 3, 4:
				snap := delivery.Snapshot{
					Seq: rapid.Int64Range(0, 9).Draw(t, "seq"), Final: rapid.IntRange(0, 7).Draw(t, "final") == 0,
				}
				snap.Blank = snap.Final && rapid.Bool().Draw(t, "blank")
				s.arrive(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "stream"), snap)
			case 5, 6:
				s.start()
			case 7:
				s.apply()
			case 8:
				s.fail(rapid.Bool().Draw(t, "doubt"))
			default:
				s.now = s.now.Add(time.Second)
			}
		}
		for len(s.waiting) > 0 {
			before := fmt.Sprint(len(s.waiting), s.flying != nil)
			s.now = s.now.Add(time.Second)
			s.start()
			s.apply()
			if fmt.Sprint(len(s.waiting), s.flying != nil) == before {
				t.Fatalf("%d wait and nothing starts", len(s.waiting))
			}
		}
		s.check()
	})
}

func (s *shelf) check() {
	for i, id := range s.messages {
		if i > 0 && id.Compare(s.messages[i-1]) < 0 {
			s.t.Fatalf("messages were delivered in the order %v", s.messages)
		}
	}
	for name, a := range s.streams {
		newest, final := int64(-1), false
		for _, e := range a.arrived {
			newest, final = max(newest, e.snap.Seq), final || e.snap.Final
		}
		last := a.reads[len(a.reads)-1]
		for i := 1; i < len(a.reads); i++ {
			if r := a.reads[i]; !r.Final && r.Seq <= a.reads[i-1].Seq || a.reads[i-1].Final {
				s.t.Fatalf("stream %s went back: %+v", name, a.reads)
			}
		}
		if last.Final != final || !final && last.Seq != newest {
			s.t.Fatalf("stream %s reads %+v at its end, of %d snapshots, the newest %d, a final one: %v", name, last, len(a.arrived), newest, final)
		}
	}
}
