package world

import (
	"slices"
	"time"

	"github.com/posternhq/postern/test/fault/history"
	"github.com/posternhq/postern/test/fault/sink"
)

// baited is how long an ambush waits for a message to be sent again: a lease,
// a take-over, and a loaded machine. Where it is parked, it never is.
const baited = 5 * time.Second

// ambush kills the node that sends a message before it has the answer, starts
// it again, and does the same to whoever sends that message next, as often as
// times. It gives up if nobody does.
func (w *World) ambush(times int) {
	w.t.Helper()
	from := len(w.setting.Sink.Seen())
	w.setting.Sink.Inject(sink.Fault{Kind: sink.Hang, Times: times, Same: true})
	var bait string
	for range times {
		s, ok := w.awaitHung(from, bait)
		if !ok {
			return
		}
		bait = s.Show
		from = 1 + slices.IndexFunc(w.setting.Sink.Seen(), func(o history.Seen) bool { return o.At.Equal(s.At) })
		at := slices.IndexFunc(w.Nodes, func(n *Node) bool { return n.ID == s.Node })
		n := w.Nodes[at]
		w.faults = append(w.faults, history.Fault{Kind: history.Killed, Node: n.ID, From: time.Now(), Note: "while it sent " + bait})
		n.Kill()
		n.start()
	}
}

// awaitHung returns the first request from a place in the record on that got
// no answer, and shows this; "" = anything.
func (w *World) awaitHung(from int, show string) (history.Seen, bool) {
	late := time.NewTimer(baited)
	defer late.Stop()
	for {
		changed := w.setting.Sink.Changed()
		for _, s := range w.setting.Sink.Seen()[from:] {
			if s.Answer == history.Hung && (show == "" || s.Show == show) {
				return s, true
			}
		}
		select {
		case <-changed:
		case <-late.C:
			return history.Seen{}, false
		}
	}
}
