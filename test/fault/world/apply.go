package world

import (
	"cmp"
	"time"

	"github.com/posternhq/postern/test/fault/history"
	"github.com/posternhq/postern/test/fault/plan"
)

// Apply does one step of a plan, now, and notes it.
func (w *World) Apply(s plan.Step) {
	w.t.Helper()
	does, known := effects()[s.Kind]
	if !known {
		w.t.Fatalf("nothing says what to do for %q", s.Kind)
	}
	if s.End {
		does.end(w, s.Fault)
		at := w.open[s.Fault]
		delete(w.open, s.Fault)
		w.faults[at].To = time.Now()
		return
	}
	// Noted first: what it leads to is never seen before it.
	f := history.Fault{Kind: cmp.Or(does.is, history.FaultKind(s.Kind)), From: time.Now(), Note: s.Fault.String()}
	if s.Node >= 0 {
		f.Node = w.Nodes[s.Node].ID
	}
	w.faults = append(w.faults, f)
	if s.For > 0 {
		w.open[s.Fault] = len(w.faults) - 1
	}
	does.begin(w, s.Fault)
}

// ask tells a node to stop.
func ask(w *World, f plan.Fault) { w.Nodes[f.Node].Ask() }

// again starts a node that was ended.
func again(w *World, f plan.Fault) {
	w.ended(f)
	w.Nodes[f.Node].start()
}

// otherwise starts it with its other config.
func otherwise(w *World, f plan.Fault) {
	w.ended(f)
	n := w.Nodes[f.Node]
	n.config = 1 - n.config
	n.start()
}

// ended sees to it that a node has stopped. One that has not is told again,
// which is to stop it at once: it counts as killed, since it could not finish.
func (w *World) ended(f plan.Fault) {
	n := w.Nodes[f.Node]
	if n.Running() {
		w.faults = append(w.faults, history.Fault{Kind: history.Killed, Node: n.ID, From: time.Now(), Note: "a second SIGTERM, since " + f.String()})
		n.Terminate()
	}
}

// onTime puts Redis' clock right again.
func onTime(w *World, _ plan.Fault) { w.redis.(*single).clock.Set(0) }

// comeBack has the platform listen again.
func comeBack(w *World, _ plan.Fault) {
	if err := w.setting.Sink.Return(); err != nil {
		w.t.Fatal(err)
	}
}
