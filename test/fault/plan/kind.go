package plan

// Kind is what a fault does.
type Kind string

// The faults. Those of a node and of its link are the node's own affair: one
// at a time. So are those of Redis, of its clock, and of the platform.
const (
	Kill        Kind = "kill -9"              // and started again at its end
	Freeze      Kind = "SIGSTOP"              // for longer than a lease; SIGCONT at its end
	Terminate   Kind = "SIGTERM"              // and started again at its end
	Reconfigure Kind = "another config"       // SIGTERM, and started with the other config at its end
	Partition   Kind = "partition"            // nothing passes between the node and Redis, for longer than a lease
	Delay       Kind = "replies late"         // each reply to the node by Wait
	Lose        Kind = "reply lost"           // the Count-th from then on; Redis has run the command
	Truncate    Kind = "reply truncated"      // likewise, after half of it
	Cut         Kind = "connections cut"      // all that the node has to Redis
	Restart     Kind = "Redis restarted"      // killed, and started again at its end, with all that it acknowledged
	Pause       Kind = "Redis paused"         // SIGSTOP, SIGCONT at its end
	Failover    Kind = "failover"             // the master is killed, and comes back as a replica at its end
	Forward     Kind = "clock forward"        // Redis' clock by Wait, and back at its end
	Backward    Kind = "clock back"           // likewise
	Unanswered  Kind = "answer lost"          // the platform takes Count requests in and cuts the connection
	Late        Kind = "answer late"          // it answers Count requests after Wait
	Slow        Kind = "request slow"         // it takes Count requests in after Wait, if who sent them is still there
	Limited     Kind = "429"                  // it refuses Count requests for Wait
	Failing     Kind = "500"                  // it says 500 to Count requests, and has taken some of them in
	Hanging     Kind = "hang"                 // it never answers Count requests
	Gone        Kind = "platform gone"        // connections are refused until its end
	Breathing   Kind = "keep-alive ended"     // it closes each of Count connections after its answer
	Dropped     Kind = "request lost"         // it cuts the connection of Count requests and has not taken them in
	Unready     Kind = "503 with Retry-After" // it refuses Count requests for Wait
	Refused     Kind = "400"                  // it refuses Count requests for good
	Forbidden   Kind = "401"                  // it refuses our credentials, Count times
	Ambush      Kind = "kill -9 in mid-send"  // who sends a message is killed before the answer, and who sends it next, Count times
)

// track is whose affair a fault is: two on one track do not overlap.
type track string

const (
	ofNode     track = "node"
	ofRedis    track = "redis"
	ofClock    track = "clock"
	ofPlatform track = "platform"
	ofSender   track = "sender"
)

// needs is what the stage must have for a fault.
type needs int

const (
	nothing needs = iota
	links
	aClock
	alone
	replicas
)

// trait is what is fixed about a kind.
type trait struct {
	kind  Kind
	track track
	needs needs
	lasts span // its length; 0 to 0 is a fault of a moment

	// rare: it takes long, so only one seed in so many has it, and surely.
	rare uint64

	// count and wait are drawn from these; 0 to 0 is none.
	count [2]int
	wait  span
}

// span is from-to: a length in leases, a wait in seconds.
type span [2]float64

// traits are every kind's. A freeze and a partition outlast the lease, or they
// would show nothing. Refused credentials are tried again after a minute; an
// ambush waits out a lease for each of three owners, which is when a message is
// poison.
func traits() []trait {
	return []trait{
		{kind: Kill, track: ofNode, lasts: span{0.1, 1.5}},
		{kind: Freeze, track: ofNode, lasts: span{1.3, 2.5}},
		{kind: Terminate, track: ofNode, lasts: span{0.2, 1}},
		{kind: Reconfigure, track: ofNode, lasts: span{0.2, 1}},
		{kind: Partition, track: ofNode, needs: links, lasts: span{1.3, 2.5}},
		{kind: Delay, track: ofNode, needs: links, lasts: span{0.5, 2}, wait: span{0.005, 0.1}},
		{kind: Lose, track: ofNode, needs: links, count: [2]int{1, 40}},
		{kind: Truncate, track: ofNode, needs: links, count: [2]int{1, 40}},
		{kind: Cut, track: ofNode, needs: links},
		{kind: Restart, track: ofRedis, needs: alone, lasts: span{0.05, 0.8}},
		{kind: Pause, track: ofRedis, needs: alone, lasts: span{0.2, 2}},
		{kind: Failover, track: ofRedis, needs: replicas, lasts: span{3, 4}},
		{kind: Forward, track: ofClock, needs: aClock, lasts: span{0.3, 3}, wait: span{2, 60}},
		{kind: Backward, track: ofClock, needs: aClock, lasts: span{0.3, 3}, wait: span{2, 60}},
		{kind: Unanswered, track: ofPlatform, count: [2]int{1, 20}},
		{kind: Late, track: ofPlatform, count: [2]int{1, 20}, wait: span{0.2, 2.5}},
		{kind: Slow, track: ofPlatform, count: [2]int{1, 20}, wait: span{0.1, 1.5}},
		{kind: Limited, track: ofPlatform, count: [2]int{1, 20}, wait: span{1, 2}},
		{kind: Failing, track: ofPlatform, count: [2]int{1, 20}},
		{kind: Hanging, track: ofPlatform, count: [2]int{1, 10}},
		{kind: Gone, track: ofPlatform, lasts: span{0.2, 1.5}},
		{kind: Breathing, track: ofPlatform, count: [2]int{1, 40}},
		{kind: Dropped, track: ofPlatform, count: [2]int{1, 20}},
		{kind: Unready, track: ofPlatform, count: [2]int{1, 20}, wait: span{1, 2}},
		{kind: Refused, track: ofPlatform, count: [2]int{1, 5}},
		{kind: Forbidden, track: ofPlatform, count: [2]int{1, 1}, rare: 13},
		{kind: Ambush, track: ofSender, count: [2]int{3, 3}, rare: 7},
	}
}

// Kinds are all that a stage can have happen to it, in a fixed order.
func (s Stage) Kinds() []Kind {
	var out []Kind
	for _, t := range s.traits() {
		out = append(out, t.kind)
	}
	return out
}

func (s Stage) traits() []trait {
	has := map[needs]bool{nothing: true, links: s.Links, aClock: s.Clock, alone: s.Alone, replicas: s.Replicas}
	var out []trait
	for _, t := range traits() {
		if has[t.needs] {
			out = append(out, t)
		}
	}
	return out
}
