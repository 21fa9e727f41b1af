package world

import (
	"time"

	"github.com/posternhq/postern/test/fault/history"
	"github.com/posternhq/postern/test/fault/plan"
	"github.com/posternhq/postern/test/fault/sink"
)

// Apply does one step of a plan, now, and notes it.
func (w *World) Apply(s plan.Step) {
	w.t.Helper()
	if s.End {
		w.end(s.Fault)
		at := w.open[s.Fault]
		delete(w.open, s.Fault)
		w.faults[at].To = time.Now()
		return
	}
	// Noted first: what it leads to is never seen before it.
	f := history.Fault{Kind: kindOf(s.Kind), From: time.Now(), Note: s.Fault.String()}
	if s.Node >= 0 {
		f.Node = w.Nodes[s.Node].ID
	}
	w.faults = append(w.faults, f)
	if s.For > 0 {
		w.open[s.Fault] = len(w.faults) - 1
	}
	w.begin(s.Fault)
}

func (w *World) begin(f plan.Fault) {
	w.t.Helper()
	switch f.Kind {
	case plan.Kill, plan.Freeze, plan.Terminate, plan.Reconfigure:
		w.Nodes[f.Node].fail(f)
	case plan.Partition:
		w.Nodes[f.Node].link.Blackhole()
	case plan.Delay:
		w.Nodes[f.Node].link.Delay(f.Wait)
	case plan.Lose:
		w.Nodes[f.Node].link.DropReply(f.Count)
	case plan.Truncate:
		w.Nodes[f.Node].link.TruncateReply(f.Count)
	case plan.Cut:
		w.Nodes[f.Node].link.Cut()
	case plan.Failover:
		w.redis.failover()
	case plan.Restart:
		w.redis.(*single).Stop()
	case plan.Pause:
		w.redis.(*single).Pause()
	case plan.Forward:
		w.redis.(*single).clock.Set(f.Wait)
	case plan.Backward:
		w.redis.(*single).clock.Set(-f.Wait)
	case plan.Gone:
		w.setting.Sink.Die()
	case plan.Ambush:
		w.ambush(f.Count)
	default:
		w.setting.Sink.Inject(misbehaviour(f))
	}
}

func (w *World) end(f plan.Fault) {
	w.t.Helper()
	switch f.Kind {
	case plan.Kill, plan.Freeze, plan.Terminate, plan.Reconfigure:
		w.recover(f)
	case plan.Partition:
		w.Nodes[f.Node].link.Heal()
	case plan.Delay:
		w.Nodes[f.Node].link.Delay(0)
	case plan.Failover:
		w.redis.rejoin()
	case plan.Restart:
		w.redis.(*single).Restart()
	case plan.Pause:
		w.redis.(*single).Resume()
	case plan.Forward, plan.Backward:
		w.redis.(*single).clock.Set(0)
	case plan.Gone:
		if err := w.setting.Sink.Return(); err != nil {
			w.t.Fatal(err)
		}
	}
}

// fail does to the process what the fault says.
func (n *Node) fail(f plan.Fault) {
	switch f.Kind {
	case plan.Kill:
		n.Kill()
	case plan.Freeze:
		n.Freeze()
	default:
		n.Ask()
	}
}

// recover ends what a node suffers. One that has not stopped yet is told again,
// which is to stop it at once: it counts as killed, since it could not finish.
func (w *World) recover(f plan.Fault) {
	w.t.Helper()
	n := w.Nodes[f.Node]
	if f.Kind == plan.Freeze {
		n.Thaw()
		return
	}
	if n.Running() {
		w.faults = append(w.faults, history.Fault{Kind: history.Killed, Node: n.ID, From: time.Now(), Note: "a second SIGTERM, since " + f.String()})
		n.Terminate()
	}
	if f.Kind == plan.Reconfigure {
		n.config = 1 - n.config
	}
	n.start()
}

// misbehaviour is what a fault of the platform is in the sink's terms. Every
// form of it is drawn with the count.
func misbehaviour(f plan.Fault) sink.Fault {
	forms := sink.Forms()
	out := sink.Fault{Times: f.Count, Wait: f.Wait, Taken: f.Count%2 == 0, Form: forms[f.Count%len(forms)]}
	switch f.Kind {
	case plan.Unanswered:
		out.Kind = sink.Lose
	case plan.Late:
		out.Kind = sink.Delay
	case plan.Limited:
		out.Kind = sink.Limit
	case plan.Unready:
		out.Kind = sink.Unavailable
	case plan.Failing:
		out.Kind = sink.Fail
	case plan.Hanging:
		out.Kind = sink.Hang
	case plan.Dropped:
		out.Kind = sink.Drop
	case plan.Refused:
		out.Kind = sink.Refuse
	case plan.Forbidden:
		out.Kind = sink.Forbid
	default:
		out.Kind = sink.Breathe
	}
	return out
}

// kindOf is what the checker calls a fault. One that it does not reason with
// keeps its name.
func kindOf(k plan.Kind) history.FaultKind {
	switch k {
	case plan.Kill:
		return history.Killed
	case plan.Terminate, plan.Reconfigure:
		return history.Stopped
	case plan.Freeze:
		return history.Frozen
	case plan.Partition, plan.Delay, plan.Lose, plan.Truncate, plan.Cut:
		return history.CutOff
	case plan.Restart, plan.Pause, plan.Failover, plan.Forward, plan.Backward:
		return history.RedisAway
	default:
		return history.FaultKind(k)
	}
}
