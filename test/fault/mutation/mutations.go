package mutation

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/sink"
)

// mutation is one way to break the program, and the scene that shows it.
type mutation struct {
	name   string
	edits  source
	policy string // on_unknown of the platform, which has no key
	scene  func(*stage)
}

// fence is how the scripts compare the token.
const fence = "if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then"

func mutations() []mutation {
	const bus, outbound = "internal/bus/", "internal/outbound/"
	return []mutation{
		{
			"settle without the token",
			source{{bus + "settle.lua", fence, "if ARGV[1] == '' then"}},
			envelope.UnknownResend, lateSettle,
		},
		{
			"reads without the fence",
			source{
				{bus + "read.lua", fence, "if ARGV[1] == '' then"},
				{bus + "read.lua", "if redis.call('HGET', KEYS[1], 'round') ~= ARGV[5] then", "if ARGV[5] == '' then"},
			},
			envelope.UnknownPark, lateRead,
		},
		{
			"sending read as free",
			source{{
				bus + "claim.lua",
				"        if state == 'claimed' then\n          redis.call('HSET', key, 'owner', token)\n",
				"        if open then\n          redis.call('HSET', key, 'owner', token, 'state', 'claimed')\n",
			}},
			envelope.UnknownPark, crashWhileSending,
		},
		{
			"group made at $",
			source{{bus + "group.lua", `ARGV[1], '0', 'MKSTREAM'`, `ARGV[1], '$', 'MKSTREAM'`}},
			envelope.UnknownPark, saidBefore,
		},
		{
			// As SET NX does: tried again, it answers that somebody has it.
			"client retry on the claim script",
			source{
				{bus + "bus.go", "o.MaxRetries = -1", "o.MaxRetries = 3"},
				{
					bus + "claim.lua", "      out[k - 1] = redis.call('HGETALL', key)\n",
					"      out[k - 1] = redis.call('HGETALL', key)\n" +
						"      if held[3] == token and state == 'claimed' then\n" +
						"        out[k - 1] = {'state', 'claimed', 'entry', '0-1', 'owner', 'somebody', 'digest', ARGV[a + 1]}\n      end\n",
				},
			},
			envelope.UnknownPark, lostClaim,
		},
		{
			"> read before pending is worked off",
			source{{outbound + "reader.go", "r.claimPending(ctx, 0)", "r.claimPending(ctx, time.Hour)"}},
			envelope.UnknownResend, crashWithPending,
		},
		{
			"claim expiring before its end",
			source{{
				bus + "claim.lua", "      redis.call('HSET', key, unpack(fresh))\n",
				"      redis.call('HSET', key, unpack(fresh))\n      redis.call('PEXPIRE', key, 500)\n",
			}},
			envelope.UnknownPark, crashWhileSending,
		},
		{
			"next operation of a lane before the settle is acknowledged",
			source{{
				outbound + "books.go", "	settled, err := b.ledger.Settle(b.life, settlement)\n",
				"	var settled bus.Settled\n	var err error\n	go func() { _, _ = b.ledger.Settle(b.life, settlement) }()\n",
			}},
			envelope.UnknownResend, crashWhileSettling,
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
// before it is back.
func crashWithPending(s *stage) {
	s.start(0)
	s.warm()
	s.sink.Inject(sink.Fault{Kind: sink.Hang, Times: 1})
	s.say("c", "one")
	s.seen("one", 1)
	s.kill(0)
	s.say("c", "two")
	s.start(0)
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

// lostClaim: the answer to a claim is lost.
func lostClaim(s *stage) {
	s.start(0)
	s.warm()
	lost := s.nodes[0].valve.forget(s.scripts["claim"])
	s.say("c", "one")
	s.happened("a claim's answer is lost", lost)
}
