package mutation

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
	"github.com/posternhq/postern/test/fault/sink"
)

// mutation is one way to break the program, and the scene that shows it.
type mutation struct {
	name   string
	edits  source
	policy string // on_unknown of the platform, which has no key
	scene  func(*stage)
	finds  history.Broken // the promise that the scene shows broken
}

// fence is how the scripts compare the token.
const fence = "if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then"

// The beginning of a turn of the reader, as it is and turned round.
const (
	catchUpFirst = `		err := r.catchUp(ctx)
		more := false
		if err == nil {
			more, err = r.readNew(ctx, bell)
		}
`
	readFirst = `		more, err := false, error(nil)
		if !r.informed {
			if err = r.first(ctx); err == nil {
				r.informed = r.hand(ctx, arrival{informed: true})
			}
		}
		if err == nil {
			more, err = r.readNew(ctx, bell)
		}
		if err == nil {
			err = r.catchUp(ctx)
		}
`
)

func mutations() []mutation {
	const bus, outbound = "internal/bus/", "internal/outbound/"
	return []mutation{
		{
			"settle without the token",
			source{{bus + "settle.lua", fence, "if ARGV[1] == '' then"}},
			envelope.UnknownResend, lateSettle, history.Flagging,
		},
		{
			"reads without the fence",
			source{
				{bus + "read.lua", fence, "if ARGV[1] == '' then"},
				{bus + "read.lua", "if redis.call('HGET', KEYS[1], 'round') ~= ARGV[5] then", "if ARGV[5] == '' then"},
			},
			envelope.UnknownPark, lateRead, history.Loss,
		},
		{
			"sending read as free",
			source{{
				bus + "claim.lua",
				"  if held.state == 'claimed' then\n    redis.call('HSET', key, 'owner', token)\n",
				"  if held.state ~= '' then\n    redis.call('HSET', key, 'owner', token, 'state', 'claimed')\n",
			}},
			envelope.UnknownPark, crashWhileSending, history.Parking,
		},
		{
			"group made at $",
			source{{bus + "group.lua", `ARGV[1], '0', 'MKSTREAM'`, `ARGV[1], '$', 'MKSTREAM'`}},
			envelope.UnknownPark, saidBefore, history.Loss,
		},
		{
			// A retry alone does no harm: the script answers the second time as it
			// did the first. So the mutation takes that away as well: each call
			// counts a take-over, as each delivery counts in a pending list. Then
			// one crash and two lost replies look like three crashes.
			"client retry on the claim script",
			source{
				{"internal/redisonce/once.go", "o.MaxRetries = -1", "o.MaxRetries = 3"},
				{bus + "claim.lua", "held.owner ~= token and not held.rest --", "held.owner ~= token --"},
			},
			envelope.UnknownResend, lostClaims, history.Truth,
		},
		{
			// The take-over then comes second, and is complete: only the order tells.
			"> read before pending is worked off",
			source{
				{outbound + "reader.go", catchUpFirst, readFirst},
				{bus + "read.lua", "if redis.call('HGET', KEYS[1], 'round') ~= ARGV[5] then", "if ARGV[5] == '' then"},
			},
			envelope.UnknownResend, crashWithPending, history.Order,
		},
		{
			"claim expiring before its end",
			source{{
				bus + "claim.lua", "    out[1 + i] = 1\n  end\nelse\n", "    out[1 + i] = 1\n    redis.call('PEXPIRE', KEYS[2 + i], 500)\n  end\nelse\n",
			}},
			envelope.UnknownPark, crashWhileSending, history.Parking,
		},
		{
			"next operation of a lane before the settle is acknowledged",
			source{{
				outbound + "books.go", "	settled, err := b.ledger.Settle(settlement)\n",
				"	var settled bus.Settled\n	var err error\n	go func() { _, _ = b.ledger.Settle(settlement) }()\n",
			}},
			envelope.UnknownResend, crashWhileSettling, history.Order,
		},
	}
}

// lateSettle: what n1 wrote down of its last message arrives when n2 has long
// taken over and sends that message again.
func lateSettle(s *stage) {
	s.start(0)
	s.warm()
	s.start(1)
	first := s.nodes[0].valve
	held := first.hold(s.scripts["settle"])
	s.say("c", "one")
	s.happened("a settlement is held", held)
	s.sink.Inject(sink.Fault{Kind: sink.Delay, Times: 1, Wait: 4 * time.Second})
	s.freeze(0)
	s.seen("one", 2)
	s.happened("the settlement is answered", first.release())
}

// lateRead: n1's read arrives when n2 has long taken over and is about to read
// the same.
func lateRead(s *stage) {
	s.start(0)
	s.warm()
	s.start(1)
	first, second := s.nodes[0].valve, s.nodes[1].valve
	held := first.hold(s.scripts["read"])
	s.say("c", "one")
	s.happened("a read is held", held)
	s.freeze(0)
	s.settled()
	held = second.hold(s.scripts["read"])
	s.say("c", "two")
	s.happened("the other one's read is held", held)
	s.happened("the late read is answered", first.release())
	second.release()
}

// crashWhileSending: the platform has taken a message in and not answered when
// the node dies.
func crashWhileSending(s *stage) {
	s.start(0)
	s.warm()
	s.sink.Inject(sink.Fault{Kind: sink.Hang, Times: 1, Taken: true})
	s.say("c", "one")
	s.seen("one", 1)
	s.kill(0)
	s.start(0)
}

// crashWithPending: the node dies with a message pending, and more is said
// before it is back. It takes its time to take over what is pending.
func crashWithPending(s *stage) {
	s.start(0)
	s.warm()
	s.sink.Inject(sink.Fault{Kind: sink.Hang, Times: 1})
	s.say("c", "one")
	s.seen("one", 1)
	s.kill(0)
	s.say("c", "two")
	valve := s.nodes[0].valve
	held := valve.hold(s.scripts["takeover"])
	s.start(0)
	s.happened("the take-over is held", held)
	s.perhaps("two")
	valve.release()
}

// crashWhileSettling: the node dies before Redis has a settlement that it
// sent; two messages wait in one conversation.
func crashWhileSettling(s *stage) {
	s.start(0)
	s.warm()
	valve := s.nodes[0].valve
	held := valve.hold(s.scripts["settle"])
	s.say("c", "one")
	s.say("c", "two")
	s.happened("a settlement is held", held)
	s.perhaps("two")
	s.kill(0)
	valve.discard()
	s.start(0)
}

// saidBefore: something is published before there is a gateway.
func saidBefore(s *stage) {
	s.say("c", "one")
	s.start(0)
	s.say("c", "two")
}

// lostClaims: the node dies while it sends, and the next one's look at the
// claim is answered the third time only.
func lostClaims(s *stage) {
	s.start(0)
	s.warm()
	s.sink.Inject(sink.Fault{Kind: sink.Hang, Times: 1, Taken: true})
	s.say("c", "one")
	s.seen("one", 1)
	s.kill(0)
	lost := s.nodes[0].valve.forget(s.scripts["claim"], 2)
	s.start(0)
	s.happened("a claim's answers are lost", lost)
}
