package outbound

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/platform"
)

// fields are an envelope's, beside those that every case has: a message whose
// text, channel and key are the case's name. nil takes one away.
type fields map[string]any

// endCase is one way for an entry to end.
type endCase struct {
	name   string
	more   fields
	raw    string        // published instead, as it stands
	age    time.Duration // before now that it was published; those with one stand first
	before []fields      // published before it, in its conversation
	behind []fields      // and after it
	claim  []any         // what its key's claim holds before it is read; one value: the key is a string

	status   envelope.Status
	code     envelope.Code
	field    string
	attempts int
	ids      []int  // which of the messages that its channel shows
	doubtful bool   // possible_duplicate
	warning  string // a word of its one warning
	left     string // the record: dead or parked
	state    bus.ClaimState
}

// behindSlow makes an entry wait in its lane until all are read.
var behindSlow = []fields{{"text": "slow", "message_key": nil}}

// sentByAnother is a claim whose owner, another node, has ended in the middle
// of a part, after as many who did so before.
func sentByAnother(before string) []any {
	return []any{
		"state", "sending", "owner", "another", "takeovers", before, "part", "0", "parts", "1", "step", "1", "attempts", "1",
		"started_at", "1", "digest", "", "lane", "",
	}
}

// endCases are all the ends of the contract, and every code that one may bear
// but an RPC's.
func endCases() []endCase {
	in := func(d time.Duration) float64 { return float64(time.Now().Add(d).UnixMilli()) / 1000 }
	cases := []endCase{
		{name: "transient", age: time.Hour, status: envelope.StatusDead, code: envelope.CodeTransient, attempts: 1, left: "dead", state: bus.ClaimDead},
		{name: "unknown", age: time.Hour, status: envelope.StatusDead, code: envelope.CodeUnknown, attempts: 1, left: "dead", state: bus.ClaimDead},
		{name: "rate_limited", age: time.Hour, status: envelope.StatusDead, code: envelope.CodeRateLimited, attempts: 1, left: "dead", state: bus.ClaimDead},
		{name: "max_age", age: 25 * time.Hour, status: envelope.StatusExpired, code: envelope.CodeExpired, left: "dead", state: bus.ClaimDead},
		{name: "expires_at", more: fields{"expires_at": in(-time.Second)}, status: envelope.StatusExpired, code: envelope.CodeExpired, field: "expires_at", left: "dead", state: bus.ClaimDead},

		{name: "a message", status: envelope.StatusDelivered, attempts: 1, ids: []int{0}, state: bus.ClaimDone},
		{name: "parts", more: fields{"text": "a|b|c"}, status: envelope.StatusDelivered, attempts: 3, ids: []int{0, 1, 2}, state: bus.ClaimDone},
		{name: "no key", more: fields{"message_key": nil}, status: envelope.StatusDelivered, attempts: 1, ids: []int{0}},
		{name: "there", status: envelope.StatusDelivered, attempts: 1, warning: "already there", state: bus.ClaimDone},
		{name: "doubtful", status: envelope.StatusDelivered, attempts: 1, ids: []int{0}, doubtful: true, state: bus.ClaimDone},
		{name: "an unknown field", more: fields{"colour": "red"}, status: envelope.StatusDelivered, attempts: 1, ids: []int{0}, warning: "colour", state: bus.ClaimDone},
		{name: "an edit", more: fields{"type": "edit", "target_key": "an edit's", "text": "edited"}, before: []fields{{"message_key": "an edit's"}}, status: envelope.StatusDelivered, attempts: 1, ids: []int{1}, state: bus.ClaimDone},

		{name: "again", before: []fields{{}}, status: envelope.StatusDuplicate, attempts: 1, ids: []int{0}, state: bus.ClaimDone},
		{name: "other content", before: []fields{{"text": "other"}}, status: envelope.StatusDuplicate, attempts: 1, ids: []int{0}, warning: "other content", state: bus.ClaimDone},
		{name: "of what is in doubt", more: fields{"text": "doubtful"}, before: []fields{{"text": "doubtful"}}, status: envelope.StatusDuplicate, attempts: 1, ids: []int{0}, doubtful: true, state: bus.ClaimDone},
		{name: "of what died", more: fields{"text": "forbidden"}, before: []fields{{"text": "forbidden"}}, status: envelope.StatusDuplicate, code: envelope.CodeForbidden, field: "text", attempts: 1, state: bus.ClaimDead},
		{name: "of what is parked", more: fields{"text": "a|lost"}, before: []fields{{"text": "a|lost", "on_unknown": "park"}}, status: envelope.StatusDuplicate, code: envelope.CodeUnknown, attempts: 2, ids: []int{0}, state: bus.ClaimParked},

		{name: "a typing", more: fields{"type": "typing", "text": nil, "message_key": nil}, before: behindSlow, behind: []fields{{"type": "typing", "text": nil, "message_key": nil}}, status: envelope.StatusSuperseded},
		{name: "a snapshot", more: fields{"type": "stream", "message_key": nil, "stream_id": "a snapshot", "seq": 1}, before: behindSlow, behind: []fields{{"type": "stream", "message_key": nil, "stream_id": "a snapshot", "seq": 2, "final": true}}, status: envelope.StatusSuperseded, state: bus.ClaimDone},
		{name: "a presence where there is none", more: fields{"type": "presence", "text": nil, "status": "online"}, status: envelope.StatusSuperseded},

		{name: "undecodable", raw: "hello", status: envelope.StatusDead, code: envelope.CodeUndecodable, field: "data", left: "dead"},
		{name: "invalid", more: fields{"text": nil}, status: envelope.StatusDead, code: envelope.CodeInvalid, field: "text", left: "dead"},
		{name: "unsupported", more: fields{"type": "reaction", "message_id": "1", "emoji": "+", "text": nil}, status: envelope.StatusDead, code: envelope.CodeUnsupported, field: "type", left: "dead"},
		{name: "no such target", more: fields{"type": "edit", "target_key": "never"}, status: envelope.StatusDead, code: envelope.CodeNotFound, field: "target_key", left: "dead", state: bus.ClaimDead},
		{name: "a dead target", more: fields{"type": "edit", "target_key": "a dead one"}, before: []fields{{"text": "forbidden", "message_key": "a dead one"}}, status: envelope.StatusDead, code: envelope.CodeTargetFailed, field: "target_key", left: "dead", state: bus.ClaimDead},
		{name: "to tell a conflict", more: fields{"text": "doubtful", "on_conflict": "dead"}, before: []fields{{"text": "doubtful", "silent": true}}, status: envelope.StatusDead, code: envelope.CodeConflict, field: "message_key", left: "dead", state: bus.ClaimDone},
		{name: "poison", claim: sentByAnother("2"), status: envelope.StatusDead, code: envelope.CodePoison, attempts: 1, left: "dead", state: bus.ClaimDead},
		{name: "internal", claim: []any{"somebody's string"}, status: envelope.StatusDead, code: envelope.CodeInternal, field: "message_key", left: "dead"},
		{name: "the second part", more: fields{"text": "a|forbidden"}, status: envelope.StatusDead, code: envelope.CodeForbidden, field: "text", attempts: 2, ids: []int{0}, left: "dead", state: bus.ClaimDead},

		{name: "parked", more: fields{"text": "lost", "on_unknown": "park"}, status: envelope.StatusParked, code: envelope.CodeUnknown, attempts: 1, left: "parked", state: bus.ClaimParked},
		{name: "parked halfway", more: fields{"text": "a|lost|c", "on_unknown": "park"}, status: envelope.StatusParked, code: envelope.CodeUnknown, attempts: 2, ids: []int{0}, left: "parked", state: bus.ClaimParked},
		{name: "parked after a crash", more: fields{"on_unknown": "park"}, claim: sentByAnother("0"), status: envelope.StatusParked, code: envelope.CodeUnknown, attempts: 1, left: "parked", state: bus.ClaimParked},
	}
	for _, code := range refusals {
		cases = append(cases, endCase{
			name: "the platform says " + string(code), more: fields{"text": string(code)},
			status: envelope.StatusDead, code: code, field: "text", attempts: 1, left: "dead", state: bus.ClaimDead,
		})
	}
	return cases
}

// refusals are the codes with which a platform refuses for good.
var refusals = []envelope.Code{
	envelope.CodeInvalid, envelope.CodeUnsupported, envelope.CodeNotFound, envelope.CodeForbidden, envelope.CodeTooLarge, envelope.CodeConflict,
}

// endAsTold makes a platform without keys end a part as its text says.
func endAsTold(p *fakePlatform, slow <-chan struct{}) {
	p.caps.NativeKey = false
	p.hang = func(ctx context.Context, part platform.Part) {
		if string(part.Body) == "slow" {
			select {
			case <-slow:
			case <-ctx.Done():
			}
		}
	}
	p.fail = func(part platform.Part, nth int) error {
		switch text := string(part.Body); {
		case slices.Contains(refusals, envelope.Code(text)):
			return platform.Refused(envelope.Code(text), "text", "no")
		case text == "transient":
			return hiccup()
		case text == "unknown":
			return errors.New("it says nothing")
		case text == "rate_limited":
			return &platform.Error{Code: envelope.CodeRateLimited, Sent: platform.SentNo, Message: "slow down"}
		case text == "lost":
			return lost()
		case text == "doubtful" && nth == 0:
			return &platform.Error{Code: envelope.CodeRateLimited, RetryAfter: 20 * time.Millisecond, Message: "slow down"}
		}
		return nil
	}
	p.after = func(part platform.Part, _ int) error {
		if string(part.Body) == "there" {
			return &platform.Error{Code: envelope.CodeConflict, Sent: platform.SentYes, Message: "already there"}
		}
		return nil
	}
}

// Every entry ends in one of the ways of the contract. Each is told once, in
// the envelope's encoding, and leaves what the contract says.
func TestEveryEnd(t *testing.T) {
	t.Parallel()
	for _, encoding := range []envelope.Encoding{envelope.JSON, envelope.MessagePack} {
		t.Run(encoding.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			slow := make(chan struct{})
			endAsTold(b.platform, slow)
			told := b.listen()
			var all []published
			cases := endCases()
			slices.SortStableFunc(cases, func(x, y endCase) int { return int(y.age - x.age) })
			for _, c := range cases {
				all = append(all, b.stage(c, encoding))
			}
			b.consumer("n1", func(c *Config) { c.Limits.RetryFor = 30 * time.Minute })
			b.ask("all are read")
			close(slow)
			receipts := told(all)
			for _, p := range all {
				t.Run(p.name, func(t *testing.T) { b.on(t).endsAsTold(p, receipts[p.id]) })
			}
			b.awaitEmpty()
		})
	}
}

// endsAsTold holds an entry's end against its case: the receipt that was
// published, the one on its list, its record and its claim.
func (b *bench) endsAsTold(p published, r envelope.Receipt) {
	b.t.Helper()
	if r.Status != p.status || r.Attempts != p.attempts || r.PossibleDuplicate != p.doubtful || r.MessageKey != p.key() {
		b.t.Errorf("receipt %+v %+v", r, r.Error)
	}
	if err := r.Error; (err != nil) != (p.code != "") || err != nil && (err.Code != p.code || err.Field != p.field || err.Message == "") {
		b.t.Errorf("error %+v; want %s in %q", err, p.code, p.field)
	}
	if ids := b.shown(p.name, p.ids); !slices.Equal(r.MessageIDs, ids) {
		b.t.Errorf("message_ids %q; want %q", r.MessageIDs, ids)
	}
	if (len(r.Warnings) == 1) != (p.warning != "") || !strings.Contains(strings.Join(r.Warnings, "|"), p.warning) {
		b.t.Errorf("warnings %q; want %q", r.Warnings, p.warning)
	}
	if age := time.Since(time.UnixMilli(int64(r.At * 1000))); age < -time.Minute || age > 10*time.Minute {
		b.t.Errorf("at is %v ago", age)
	}
	b.receiptOnItsList(p, r)
	b.leavesRecord(p, r)
	b.leavesClaim(p)
}
