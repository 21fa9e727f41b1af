package worker

import (
	"slices"
	"strconv"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// growth is a stream that is not at its end yet.
type growth struct {
	id, channel, thread, policy string
	next, last                  int  // seq
	told                        line // the one before
}

// stream grows a message: mostly at once, and what else the worker says in
// between goes elsewhere or waits; else bit by bit among all the rest.
func (a *author) stream() {
	g := &growth{id: "g-" + a.tag(), last: 1 + a.random.IntN(5), policy: a.policy()}
	g.channel, g.thread = a.address()
	a.snapshot(g, g.channel)
	if a.chance(0.3) {
		a.growing = append(a.growing, g)
		return
	}
	for g.next <= g.last {
		if !a.profile.Keyed && a.chance(0.3) {
			a.message("")
		}
		a.snapshot(g, g.channel)
	}
}

// grow says something of a stream that is told bit by bit: what comes next, the
// one before again, or one that has lost its way into another conversation.
func (a *author) grow() {
	at := a.random.IntN(len(a.growing))
	g := a.growing[at]
	switch draw := a.random.Float64(); {
	case draw < 0.25:
		a.lines = append(a.lines, g.told)
	case draw < 0.30 && g.next < g.last:
		told := g.told
		a.snapshot(g, a.profile.elsewhere())
		g.told = told
	default:
		a.snapshot(g, g.channel)
	}
	if g.next > g.last {
		a.growing = slices.Delete(a.growing, at, at+1)
	}
}

// snapshot says the next one of a stream.
func (a *author) snapshot(g *growth, channel string) {
	text := g.id + "." + strconv.Itoa(g.next)
	thread := g.thread
	if a.profile.Numbers && channel != g.channel {
		thread = "" // a thread with a number is in one conversation
	}
	l := a.add(&history.Operation{
		Type: envelope.TypeStream, Channel: channel, Thread: thread, Key: g.id, Shows: []string{text},
		Seq: int64(g.next), Final: g.next == g.last, OnUnknown: g.policy, Receipt: a.receipt(),
	}, func(e *envelope.Outbound) { e.Text = text })
	g.told = *l
	g.next++
}
