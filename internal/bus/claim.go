package bus

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
)

// ClaimState is how far a claim has come.
type ClaimState string

// The life of a claim. Foreign is a key of ours that holds something else.
const (
	ClaimFree    ClaimState = ""
	ClaimDelayed ClaimState = "delayed" // its entry is not due: free to any other
	ClaimClaimed ClaimState = "claimed"
	ClaimSending ClaimState = "sending"
	ClaimGrowing ClaimState = "growing" // a stream's, between two snapshots
	ClaimDone    ClaimState = "done"
	ClaimDead    ClaimState = "dead"
	ClaimParked  ClaimState = "parked"
	ClaimForeign ClaimState = "foreign"
)

// known reports whether the state is one of a claim's.
func (s ClaimState) known() bool {
	return s.Ended() || s == ClaimDelayed || s == ClaimClaimed || s == ClaimSending || s == ClaimGrowing
}

// Ended reports whether the claim has come to its end.
func (s ClaimState) Ended() bool {
	return s == ClaimDone || s == ClaimDead || s == ClaimParked
}

// Claim is the record of one key: what is known of the one message that may
// be sent under it.
type Claim struct {
	State     ClaimState
	Entry     string // the entry that holds it
	Owner     string // the token under which it was last moved
	Digest    string
	Lane      string
	Part      int       // sending: the part that may be on its way, from 0
	Parts     int       // how many there are; 0 = not planned yet
	StartedAt time.Time // sending: when that part may first have been sent, by Redis' clock
	Step      int       // of its last mark
	Doubt     bool      // something of it may be there twice
	Attempts  int
	Bidden    bool // sending: a person asked for it to be sent again, and it has not been
	Takeovers int  // unplanned ones that found a part on its way, with no part recorded since
	IDs       PartIDs
	Plan      []byte    // the rendered parts, for more than one
	Error     []byte    // ended, and not delivered: why, as JSON
	Reply     []byte    // ended, of an RPC: its reply, as JSON
	Due       time.Time // delayed: until when
	Stream    bool      // it is a stream's
	Snapshot            // a stream's: the one begun last
}

// Op is what applying a snapshot does to its stream's message.
type Op string

// The operations on a stream's message.
const (
	OpNone    Op = ""        // nothing was begun yet
	OpMake    Op = "make"    // makes it
	OpReplace Op = "replace" // puts a newer text in its place
	OpEnd     Op = "end"     // says that it is complete as it stands
)

// Snapshot is what a stream's claim keeps of the snapshot that was begun last:
// enough for another owner to carry it to its end, without its entry.
type Snapshot struct {
	Op    Op
	Seq   int64
	Final bool
	Data  []byte // the envelope
}

// Begun reports whether something of a stream's last operation may be there,
// and not all of it is.
func (c Claim) Begun() bool {
	return c.Stream && (c.State == ClaimSending || c.State == ClaimClaimed && c.Part > 0)
}

// MessageIDs are the recorded ids in the order of their parts.
func (c Claim) MessageIDs() []string {
	ids := make([]string, 0, len(c.IDs))
	for _, p := range c.IDs {
		ids = append(ids, p.ID)
	}
	return ids
}

// MessageClaim is the key of the claim that a message_key or stream_id names.
func (s *Stream) MessageClaim(key string) string { return s.keys.claims + key }

// RequestClaim is the key of the claim that an RPC's request_id names.
func (s *Stream) RequestClaim(id string) string { return envelope.Beside(s.Name, "request:"+id) }

// EntryClaim is the key of the claim of an entry without a key.
func (s *Stream) EntryClaim(entry string) string { return envelope.Beside(s.Name, "entry:"+entry) }

// ClaimRequest asks for one claim.
type ClaimRequest struct {
	Key    string
	Entry  string
	Digest string
	Lane   string
	Send   bool   // if it is free, with its one part marked as on its way: not with what follows
	first  int64  // the number of the first call that asked for it
	Adopt  string // an entry whose unfinished claim is taken over, if it is gone from the stream
	Stream bool   // the entry is a snapshot of a stream
	Seq    int64  // of the snapshot
	Final  bool
	Quiet  bool // it is the last one once more, to end its stream: only if none was begun since
}

// final is how the script takes what a snapshot ends.
func (q ClaimRequest) final() string {
	if q.Quiet {
		return "quiet"
	}
	return flag(q.Final)
}

// more reports whether a request says more than most do.
func (q ClaimRequest) more() bool { return q.Adopt != "" || q.Stream || q.Final || q.Quiet }

// ClaimAnswer answers a ClaimRequest: the claim as it stands now, and Redis' clock.
type ClaimAnswer struct {
	Claim Claim
	Taken bool // it was free
	Now   time.Time
}

// taken is the claim that a request has made, which was free.
func (q ClaimRequest) taken(token string, now time.Time) Claim {
	c := Claim{State: ClaimClaimed, Entry: q.Entry, Owner: token, Digest: q.Digest, Lane: q.Lane, Stream: q.Stream}
	if q.Send {
		c.State, c.Step, c.Parts, c.Attempts, c.StartedAt = ClaimSending, 1, 1, 1, now
	}
	return c
}

// claimBatch looks up and takes the claims of a batch, in order. number rises
// from call to call under a token: one that arrives after a later one takes
// nothing, or it would open the claim of an entry that has left, for ever.
func (s *Stream) claimBatch(ctx context.Context, token string, number int64, batch []ClaimRequest) ([]ClaimAnswer, error) {
	order, plain := plainClaims(batch)
	keys := append(make([]string, 0, 2+len(batch)), s.keys.lease, s.Name)
	args := append(make([]any, 0, 3+plain+3*(len(batch)-plain)), token, number, plain)
	whats := newTexts(plain, 80)
	for n, i := range order {
		q := &batch[i] // and pointers: a string, as an argument, takes a copy of its header
		if q.first == 0 {
			q.first = number
		}
		if keys = append(keys, q.Key); n < plain {
			whats.bytes = strconv.AppendInt(whats.bytes, q.first, 10)
			for _, word := range [...]string{q.Entry, q.Digest, q.Lane} {
				whats.bytes = append(append(whats.bytes, ' '), word...)
			}
			whats.end()
		}
	}
	all := whats.all()
	for i := range all {
		args = append(args, &all[i])
	}
	for _, i := range order[plain:] {
		q := &batch[i]
		switch args = append(args, &q.Entry, q.Digest+" "+q.Lane); {
		case q.more():
			args = append(args, "more", q.Adopt, unless(!q.Stream, q.Seq), q.final())
		case q.Send:
			args = append(args, &q.first)
		default:
			args = append(args, "")
		}
	}
	v, err := s.bus.run(ctx, "claim", keys, args...)
	if err != nil {
		return nil, err
	}
	r := newReply(v)
	now := time.UnixMilli(r.int())
	out := make([]ClaimAnswer, len(batch))
	for _, i := range order {
		if v := r.next(); v == int64(1) {
			out[i] = ClaimAnswer{Claim: batch[i].taken(token, now), Taken: true, Now: now}
		} else {
			out[i] = ClaimAnswer{Claim: readClaim(&reply{values: r.open(v), bad: r.bad}), Now: now}
		}
	}
	return out, r.err("claim")
}

// plainClaims is the order in which a batch is told to the script: first those that
// ask for what most do, each for another claim.
func plainClaims(batch []ClaimRequest) (order []int, plain int) {
	seen := make(map[string]struct{}, len(batch))
	return plainFirst(len(batch), func(i int) bool {
		q := &batch[i]
		if !q.Send || q.more() {
			return false
		}
		before := len(seen)
		seen[q.Key] = struct{}{}
		return len(seen) > before
	})
}

// Claims reads claims without taking them: for a target's lane, for a person.
// A key that holds something else answers ClaimForeign.
func (s *Stream) Claims(ctx context.Context, keys []string) ([]Claim, error) {
	out := make([]Claim, 0, len(keys))
	for some := range slices.Chunk(keys, looksMost) {
		v, err := s.bus.run(ctx, "look", some)
		if err != nil {
			return nil, err
		}
		r := newReply(v)
		for range some {
			out = append(out, readClaim(&reply{values: r.open(r.next()), bad: r.bad}))
		}
		if err := r.err("look"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// looksMost is how many claims one call reads: a stream's has its text in it, up
// to 1 MiB, and nobody else is served meanwhile.
const looksMost = 32

// Retarget notes, under the fence, in the claim of a message that is done what
// an edit of it made of one of its parts: its id from now on, "" if it is gone.
func (s *Stream) Retarget(ctx context.Context, token, claim string, part int, id string) error {
	_, err := s.bus.run(ctx, "retarget", []string{s.keys.lease, claim}, token, part, id)
	return err
}

func readClaim(r *reply) Claim {
	var c Claim
	for r.more() {
		k := r.string()
		c.set(k, r.string())
	}
	return c
}

// set takes over one field of the hash.
func (c *Claim) set(field, value string) {
	number := func() int { n, _ := strconv.Atoi(value); return n }
	switch field {
	case "state":
		if c.State = ClaimState(value); !c.State.known() {
			c.State = ClaimForeign
		}
	case "entry":
		c.Entry = value
	case "owner":
		c.Owner = value
	case "digest":
		c.Digest = value
	case "lane":
		c.Lane = value
	case "part":
		c.Part = number()
	case "parts":
		c.Parts = number()
	case "attempts":
		c.Attempts = number()
	case "takeovers":
		c.Takeovers = number()
	case "started_at":
		c.StartedAt = time.UnixMilli(int64(number()))
	case "step":
		c.Step = number()
	case "doubt":
		c.Doubt = value == "1"
	case "rest":
		c.Bidden = value == restBidden
	case "reply":
		c.Reply = []byte(value)
	case "plan":
		c.Plan = []byte(value)
	case "error":
		c.Error = []byte(value)
	case "due":
		c.Due = time.UnixMilli(int64(number()))
	case "stream":
		c.Stream = value == "1"
	case "op":
		c.Op = Op(value)
	case "seq":
		c.Seq = int64(number())
	case "final":
		c.Final = value == "1"
	case "data":
		c.Data = []byte(value)
	default:
		if part, ok := strings.CutPrefix(field, "id:"); ok {
			if n, err := strconv.Atoi(part); err == nil {
				c.IDs.Set(n, value)
			}
		}
	}
}
