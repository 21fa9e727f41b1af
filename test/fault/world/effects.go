package world

import (
	"github.com/posternhq/postern/test/fault/history"
	"github.com/posternhq/postern/test/fault/plan"
	"github.com/posternhq/postern/test/fault/sink"
)

// effect is one kind of fault: what the checker calls it, and what is done.
type effect struct {
	is    history.FaultKind // "" = its own name: the checker does not reason with it
	begin func(*World, plan.Fault)
	end   func(*World, plan.Fault) // nil = it happens in a moment
}

// effects has a row for every kind that a plan may have.
func effects() map[plan.Kind]effect {
	return map[plan.Kind]effect{
		plan.Kill:        {history.Killed, func(w *World, f plan.Fault) { w.Nodes[f.Node].Kill() }, again},
		plan.Freeze:      {history.Frozen, func(w *World, f plan.Fault) { w.Nodes[f.Node].Freeze() }, func(w *World, f plan.Fault) { w.Nodes[f.Node].Thaw() }},
		plan.Terminate:   {history.Stopped, ask, again},
		plan.Reconfigure: {history.Stopped, ask, otherwise},

		plan.Partition: {history.CutOff, func(w *World, f plan.Fault) { w.Nodes[f.Node].link.Blackhole() }, func(w *World, f plan.Fault) { w.Nodes[f.Node].link.Heal() }},
		plan.Delay:     {history.CutOff, func(w *World, f plan.Fault) { w.Nodes[f.Node].link.Delay(f.Wait) }, func(w *World, f plan.Fault) { w.Nodes[f.Node].link.Delay(0) }},
		plan.Lose:      {history.CutOff, func(w *World, f plan.Fault) { w.Nodes[f.Node].link.DropReply(f.Count) }, nil},
		plan.Truncate:  {history.CutOff, func(w *World, f plan.Fault) { w.Nodes[f.Node].link.TruncateReply(f.Count) }, nil},
		plan.Cut:       {history.CutOff, func(w *World, f plan.Fault) { w.Nodes[f.Node].link.Cut() }, nil},

		plan.Failover: {history.RedisAway, func(w *World, _ plan.Fault) { w.redis.failover() }, func(w *World, _ plan.Fault) { w.redis.rejoin() }},
		plan.Restart:  {history.RedisAway, func(w *World, _ plan.Fault) { w.redis.(*single).Stop() }, func(w *World, _ plan.Fault) { w.redis.(*single).Restart() }},
		plan.Pause:    {history.RedisAway, func(w *World, _ plan.Fault) { w.redis.(*single).Pause() }, func(w *World, _ plan.Fault) { w.redis.(*single).Resume() }},
		plan.Forward:  {history.RedisAway, func(w *World, f plan.Fault) { w.redis.(*single).clock.Set(f.Wait) }, onTime},
		plan.Backward: {history.RedisAway, func(w *World, f plan.Fault) { w.redis.(*single).clock.Set(-f.Wait) }, onTime},

		plan.Gone:       {history.PlatformGone, func(w *World, _ plan.Fault) { w.setting.Sink.Die() }, comeBack},
		plan.Unanswered: {begin: misbehave(sink.Lose)},
		plan.Late:       {begin: misbehave(sink.Delay)},
		plan.Slow:       {begin: misbehave(sink.Hold)},
		plan.Limited:    {begin: misbehave(sink.Limit)},
		plan.Unready:    {begin: misbehave(sink.Unavailable)},
		plan.Failing:    {begin: misbehave(sink.Fail)},
		plan.Hanging:    {begin: misbehave(sink.Hang)},
		plan.Dropped:    {begin: misbehave(sink.Drop)},
		plan.Refused:    {begin: misbehave(sink.Refuse)},
		plan.Forbidden:  {begin: misbehave(sink.Forbid)},
		plan.Breathing:  {begin: misbehave(sink.Breathe)},

		plan.Ambush: {begin: func(w *World, f plan.Fault) { w.ambush(f.Count) }},
	}
}

// misbehave has the platform do this to its next requests. Every form of it is
// drawn with the count.
func misbehave(how sink.Kind) func(*World, plan.Fault) {
	return func(w *World, f plan.Fault) {
		forms := sink.Forms()
		w.setting.Sink.Inject(sink.Fault{
			Kind: how, Times: f.Count, Wait: f.Wait, Taken: f.Count%2 == 0, Form: forms[f.Count%len(forms)],
		})
	}
}
