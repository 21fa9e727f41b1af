package history

import (
	"fmt"

	"github.com/posternhq/postern/envelope"
)

// streams: a stream is one message, which is made once, grows in the order of
// its snapshots, and is left alone after the final one.
func (j *judge) streams() {
	type growth struct {
		made  []Seen
		tries []Seen // to make it, whatever became of them
		newer *act   // the newest snapshot shown
	}
	grown := make(map[string]*growth)
	var ids []string
	for _, s := range j.Seen {
		a := j.of(s)
		if a == nil || a.Type != envelope.TypeStream {
			continue
		}
		g := grown[a.Key]
		if g == nil {
			g = &growth{}
			grown[a.Key] = g
			ids = append(ids, a.Key)
		}
		if s.Type == envelope.TypeMessage {
			g.tries = append(g.tries, s)
		}
		if !s.Effect {
			continue
		}
		if s.Type == envelope.TypeMessage {
			g.made = append(g.made, s)
		}
		switch {
		case g.newer == nil || g.newer == a:
		case len(g.made) > 1 && s.Type == envelope.TypeMessage: // made twice: told below
		case g.newer.Final:
			j.broken(Order, j.tell(a, g.newer), fmt.Sprintf("%s was shown after the final one", name(a)))
		case a.Seq < g.newer.Seq && !a.Final:
			j.broken(Order, j.tell(a, g.newer), fmt.Sprintf("%s was shown after %s", name(a), name(g.newer)))
		}
		g.newer = a
	}
	for _, id := range ids {
		flagged, asked := false, true
		for _, a := range j.byKey[id] {
			flagged, asked = flagged || j.flagged(a), asked && a.Receipt
		}
		making := fmt.Sprintf("making the message of stream %q", id)
		j.onlyOne(j.byKey[id], making, grown[id].made, flagged, asked)
		if j.policy(j.byKey[id][0]) == park && j.guess() {
			j.parksOpen(j.byKey[id], making, grown[id].tries)
		}
	}
}
