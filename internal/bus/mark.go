package bus

import (
	"context"
	"time"
)

// MarkRequest records how far a claim has come: ClaimSending before a part's
// first byte leaves; ClaimClaimed once it is certain that none did.
type MarkRequest struct {
	Key      string
	Entry    string
	Step     int // rises with each mark of a claim: a late one changes nothing
	State    ClaimState
	Part     int
	Parts    int
	Attempts int
	Rest     bool   // the adapter has come back: what is open is not being sent now
	Bidden   bool   // with Rest: a person's word to send it again still stands
	Doubt    bool   // something of it may be there twice
	Recorded bool   // the part before this one is there: record Before, its id
	Before   string // the platform's id of it; may be ""
	Plan     []byte // the rendered parts still to send, at the first mark of several

	// Begin is the snapshot of a stream that this mark begins, and Digest its
	// content's; nil = none.
	Begin  *Snapshot
	Digest string
}

// size is what the mark costs of a batch's budget, in bytes.
func (q MarkRequest) size() int {
	n := 256 + len(q.Plan)
	if q.Begin != nil {
		n += len(q.Begin.Data)
	}
	return n
}

// restBidden is how the claim keeps Bidden.
const restBidden = "bidden"

// rest is how the script takes Rest and Bidden.
func (q MarkRequest) rest() string {
	if q.Rest && q.Bidden {
		return restBidden
	}
	return flag(q.Rest)
}

// MarkAnswer answers a MarkRequest.
type MarkAnswer struct {
	Held bool      // false: the claim is not this entry's any more; send nothing
	Now  time.Time // Redis' clock
}

// markBatch records the progress of a batch.
func (s *Stream) markBatch(ctx context.Context, token string, batch []MarkRequest) ([]MarkAnswer, error) {
	keys := append(make([]string, 0, 1+len(batch)), s.keys.lease)
	args := append(make([]any, 0, 1+16*len(batch)), token)
	for _, q := range batch {
		keys = append(keys, q.Key)
		args = append(args, q.Entry, q.Step, string(q.State), q.Part, q.Parts, q.Attempts,
			q.rest(), flag(q.Doubt), flag(q.Recorded), q.Before, q.Plan)
		if b := q.Begin; b != nil {
			args = append(args, string(b.Op), b.Seq, flag(b.Final), q.Digest, b.Data)
		} else {
			args = append(args, "", "", "", "", "")
		}
	}
	v, err := s.bus.run(ctx, "mark", keys, args...)
	if err != nil {
		return nil, err
	}
	r := newReply(v)
	now := time.UnixMilli(r.int())
	out := make([]MarkAnswer, len(batch))
	for i := range out {
		out[i] = MarkAnswer{Held: r.int() == 1, Now: now}
	}
	return out, r.err("mark")
}

// flag is how scripts take a yes or no.
func flag(yes bool) string {
	if yes {
		return "1"
	}
	return ""
}

// unless is how scripts take a value that may be absent.
func unless(absent bool, v any) any {
	if absent {
		return ""
	}
	return v
}
