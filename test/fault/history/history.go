// Package history judges one platform's run from outside evidence alone: what
// workers published, what the platform was asked and answered, which receipts,
// dead letters and parked records there are, and what was done to the
// processes meanwhile. It knows nothing of how the gateway works.
//
// Check is pure. The evidence is taken when nothing moves any more: all faults
// are over, the nodes live, and the stream is empty or has stood still for long
// enough to call what is in it stuck.
package history

import (
	"time"

	"github.com/posternhq/postern/envelope"
)

// History is the outside evidence of one platform's run. All times are of one
// clock, the test process's; Redis' may be off by Promise.Skew.
type History struct {
	Said     []Said    // every XADD, in any order
	Seen     []Seen    // every request at the platform, in the order in which they were taken in or refused
	Receipts []Receipt // in the order of their lists
	Replies  []Reply   // to RPCs, likewise
	Dead     []Record
	Parked   []Record
	Left     []string // ids still in the stream at the end
	Faults   []Fault  // what was done to nodes, Redis and the platform
	Held     []Holding
	Tenures  []Tenure // as far as they were seen, in order; none = nobody looked
}

// Said is one XADD. Two of the same Operation are a republish.
type Said struct {
	Entry  string // the id that XADD answered; "" = its answer was lost: it is in the stream or not
	After  string // with no Entry: an id that stood in the stream before; "" = none is known
	Worker string
	At     time.Time // when XADD was called
	Again  bool      // an operator's replay or resend: it joins the end of its lane
	List   string    // where its receipt or reply is to go; "" = none is asked for
	*Operation
}

// Operation is what an envelope asks for. What it shows is found in no other
// operation of the run, so that a request tells whose it is.
type Operation struct {
	Type            envelope.Type
	Channel, Thread string
	Key             string // message_key; the stream_id of a snapshot; the request_id of an RPC
	Target          string // target_key

	// Shows are what the platform is to be shown, one per part: texts; a
	// reaction's emoji; for a delete, which shows nothing, its Key. What need
	// not be shown (typing, presence, RPC) has none.
	Shows []string

	Seq   int64 // of a snapshot
	Final bool  // of a snapshot

	OnConflict string    // keep_first or dead
	OnUnknown  string    // resend or park; "" = the platform's, as the Promise has it
	NotBefore  time.Time // zero = at once
	ExpiresAt  time.Time // zero = never
	Receipt    bool      // asks for one, to a list that may be written
	Reply      bool      // RPC: asks for one
	Doomed     bool      // the platform can only refuse it, or nobody can read it: dead is its right end
}

// Answer is what the platform did about one request.
type Answer string

// The answers. Lost, Late and Hung say nothing about whether the request was
// taken in: Seen.Taken does.
const (
	Given Answer = "given" // Seen.Status, in time
	Late  Answer = "late"  // Seen.Status, when nobody may have been waiting any more
	Lost  Answer = "lost"  // the connection was cut instead
	Hung  Answer = "hung"  // nothing, until the other side gave up
)

// Seen is one request at the platform. A look-up is none.
type Seen struct {
	At    time.Time // when the platform took it in or refused it
	Node  string    // who sent it
	Key   string    // the platform's idempotency key: webhook-id, or the part's
	Asked string    // message_key as the platform was told it; "" = it was not

	Type            envelope.Type // as shown: a snapshot is a message, then edits
	Channel, Thread string
	Show            string // text or emoji; a delete's message_key
	Part, Count     int    // from 0
	For             string // edit, delete, reaction: the message id

	Taken     bool // it is there, now or by an earlier request of its key
	Effect    bool // it changed what people see; not so a key that was known
	Status    int  // HTTP status meant as the answer
	Again     bool // a refusal that said when to come back: nothing was taken
	Answer    Answer
	MessageID string // of what is there; "" = refused
}

// Receipt is one receipt as it was pushed, and to which list.
type Receipt struct {
	List string
	envelope.Receipt
}

// Reply is one reply to an RPC as it was pushed, and to which list.
type Reply struct {
	List string
	envelope.Reply
}

// Record is a dead letter or parked record.
type Record struct {
	ID         string // of the record
	Entry      string // original_msg_id
	Key        string // message_key
	Code       envelope.Code
	Field      string
	Error      string
	MessageIDs []string // parked: what the platform is known to have made
}

// FaultKind names what was done.
type FaultKind string

// The faults that Check reasons with. Others may be in History.Faults too, by
// any name: they are shown, and excuse nothing.
const (
	Killed       FaultKind = "kill"          // a process ended without a word, or was told to end at once
	Stopped      FaultKind = "stop"          // SIGTERM
	Frozen       FaultKind = "freeze"        // SIGSTOP until SIGCONT: From and To
	RedisAway    FaultKind = "redis"         // restarted, paused, failed over; its clock stepped
	PlatformGone FaultKind = "platform gone" // it refuses connections, and has cut those that were open
	CutOff       FaultKind = "partition"     // a node from Redis, or a reply dropped, cut or delayed
	Lapsed       FaultKind = "lapse"         // nobody's doing: an owner, Node, that starved was too late for its lease
)

// Fault is something that was done, from when to when. A fault of a moment has
// no To.
type Fault struct {
	Kind     FaultKind
	Node     string // "" = not of one node
	From, To time.Time
	Note     string
}

// Tenure is a node's time as the owner of the lease: until the next one begins.
type Tenure struct {
	Node string // "" = somebody's
	From time.Time
}

// Holding is one connection of a lease-bound adapter, from its opening to its
// end as the platform saw it. A zero To is one that still stands.
type Holding struct {
	Node     string
	From, To time.Time
}
