package outbound

import "github.com/posternhq/postern/internal/delivery"

// stands are the places that snapshots wait in: of each stream one, that of
// the oldest that waits, in which the newest stands. The lane keeps the place,
// an entry; who stands there may be a later one.
//
//	lane:   a1  m  b1      a3 arrives, a2 was overtaken
//	stand:  a3     b1
//
// An entry that has begun, in flight or held after an attempt, stands for
// itself, and what comes after it waits in a place of its own.
type stands map[string]*stand

type stand struct {
	place *entry // in the lane
	who   *entry // whose text it is
}

// arrive finds a snapshot its place. inLane: at the end of its lane. gone is
// who has no effect any more, if somebody.
func (s stands) arrive(e *entry) (inLane bool, gone *entry) {
	at := s[e.key]
	switch {
	case at == nil:
		s[e.key] = &stand{place: e, who: e}
		return true, nil
	case at.place.lane != e.lane: // no stream grows in two lanes: its claim tells
		return true, nil
	case e.snap.Overtakes(at.who.snap.Snapshot):
		gone, at.who = at.who, e
		return false, gone
	case e.snap.Yields(at.who.snap.Snapshot):
		return false, e
	default: // a final one behind a final one, or one that brings no text
		return true, nil
	}
}

// merges reports whether a snapshot takes the place of one that stands in its
// lane, or yields to it.
func (s stands) merges(e *entry) bool {
	at := s[e.key]
	return at != nil && at.place.lane == e.lane &&
		(e.snap.Overtakes(at.who.snap.Snapshot) || e.snap.Yields(at.who.snap.Snapshot))
}

// start says who starts from a place in the lane whose turn it is; nil: nobody
// stands there any more.
func (s stands) start(place *entry) *entry {
	if place.snap == nil {
		return place
	}
	if place.snap.vacant > 0 {
		place.snap.vacant--
		return nil
	}
	who := place.snap.who
	if at := s[place.key]; at != nil && at.place == place {
		delete(s, place.key)
		who = at.who
	}
	if who == nil {
		return place
	}
	place.snap.who, who.snap.place = who, place
	return who
}

// back puts a snapshot back that has not begun: it waits again in the place
// that it started from, and if another one has come meanwhile that overtakes
// it, that one does so. gone is who has no effect any more, if somebody.
func (s stands) back(e *entry) (gone *entry) {
	place := e
	if e.snap.place != nil {
		place = e.snap.place
	}
	at := s[e.key]
	switch {
	case at == nil:
		s[e.key] = &stand{place: place, who: e}
		return nil
	case at.place.lane != place.lane || !at.who.snap.Overtakes(e.snap.Snapshot):
		return nil
	}
	at.place.snap.vacant++
	at.place = place
	return e
}

// raise gives a stream's place the rank of who stands there, if that is more
// urgent, and says which it had.
func (s stands) raise(stream string) (place *entry, from, to delivery.Rank) {
	at := s[stream]
	if at == nil {
		return nil, 0, 0
	}
	from = at.place.rank
	at.place.rank = min(from, at.who.rank)
	return at.place, from, at.place.rank
}

// again readies a snapshot that left its lane to be put into it anew.
func (s *snapshot) again() {
	if s != nil {
		s.place, s.who = nil, nil
	}
}
