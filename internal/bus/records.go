package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// ErrGone says that a dead or parked record is not there (any more).
var ErrGone = errors.New("no such record")

// Letter is one dead or parked record.
type Letter struct {
	ID         string // of the record
	Entry      string // original_msg_id
	Stream     string // original_stream
	MessageKey string
	Code       string
	Field      string
	Error      string
	Attempt    string
	Data       []byte // the envelope, untouched
	TS         string // the entry's, unix seconds
	TraceID    string
	MessageIDs string // what the platform is known to have made
	StartedAt  string // when the open part may have been sent; "" = it was not
	claim      string
}

// Dead is the key of the platform's dead letters.
func (s *Stream) Dead() string { return s.keys.dead }

// Parked is the key of the platform's parked records.
func (s *Stream) Parked() string { return s.keys.parked }

// Letters lists at most count records of Dead() or Parked(), oldest first,
// after the id ("" = from the start).
func (s *Stream) Letters(ctx context.Context, records, after string, count int64) ([]Letter, error) {
	from := "-"
	if after != "" {
		from = "(" + after
	}
	entries, err := s.bus.client.XRangeN(ctx, records, from, "+", count).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", records, err)
	}
	out := make([]Letter, len(entries))
	for i, e := range entries {
		out[i] = readLetter(e)
	}
	return out, nil
}

// Letter reads one record. ErrGone if it is not there.
func (s *Stream) Letter(ctx context.Context, records, id string) (Letter, error) {
	exact, err := ParseID(id)
	if err != nil {
		return Letter{}, err
	}
	id = exact.String() // "5" alone would be any record of that millisecond
	entries, err := s.bus.client.XRangeN(ctx, records, id, id, 1).Result()
	if err != nil {
		return Letter{}, fmt.Errorf("read %s: %w", records, err)
	}
	if len(entries) == 0 {
		return Letter{}, fmt.Errorf("%s in %s: %w", id, records, ErrGone)
	}
	return readLetter(entries[0]), nil
}

func readLetter(m redis.XMessage) Letter {
	get := func(k string) string { v, _ := m.Values[k].(string); return v }
	return Letter{
		ID: m.ID, Entry: get("original_msg_id"), Stream: get("original_stream"), MessageKey: get("message_key"),
		Code: get("code"), Field: get("field"), Error: get("error"), Attempt: get("attempt"),
		Data: []byte(get("data")), TS: get("ts"), TraceID: get("trace_id"),
		MessageIDs: get("message_ids"), StartedAt: get("started_at"), claim: get("claim"),
	}
}

// Drop deletes a record and the claim that was kept for it. ErrGone if it is
// not there.
func (s *Stream) Drop(ctx context.Context, records, id string) error {
	letter, err := s.Letter(ctx, records, id)
	if err != nil {
		return err
	}
	v, err := s.bus.run(ctx, "drop", []string{records, s.claimOf(letter)}, letter.ID, letter.Entry)
	if err != nil {
		return err
	}
	if n, _ := v.(int64); n == 0 {
		return fmt.Errorf("%s in %s: %w", id, records, ErrGone)
	}
	return nil
}

// Replay publishes a record's envelope again, with the parts that were sent
// kept and without its old expires_at, at the end of its lane. It returns the
// new entry's id. If the answer is lost, the second call says ErrGone.
func (s *Stream) Replay(ctx context.Context, records, id string) (string, error) {
	letter, err := s.Letter(ctx, records, id)
	if err != nil {
		return "", err
	}
	v, err := s.bus.run(ctx, "replay", []string{s.Name, records, s.claimOf(letter)},
		letter.ID, letter.Entry, letter.Data, letter.TraceID, s.rootOf(letter), flag(letter.StartedAt != ""))
	if err != nil {
		return "", err
	}
	r := newReply(v)
	entry, refusal := r.string(), r.string()
	switch {
	case r.failed():
		return "", r.err("replay")
	case refusal == "gone":
		return "", fmt.Errorf("%s in %s: %w", id, records, ErrGone)
	case refusal != "":
		return "", fmt.Errorf("%s cannot be replayed: its key %q is %s; publish it under another key", id, letter.MessageKey, refusal)
	}
	return entry, nil
}

// RecordFields are the fields of a dead or parked record, in the order that
// the contract names them. claim is ours: which claim belongs to it.
func RecordFields(stream string, entry ID, claim string, l Letter) []string {
	f := []string{
		"original_stream", stream, "original_msg_id", entry.String(), "message_key", l.MessageKey,
		"code", l.Code, "field", l.Field, "error", l.Error, "attempt", l.Attempt,
		"data", string(l.Data), "ts", l.TS, "trace_id", l.TraceID,
	}
	if l.MessageIDs != "" || l.StartedAt != "" {
		f = append(f, "message_ids", l.MessageIDs, "started_at", l.StartedAt)
	}
	if claim != "" {
		f = append(f, "claim", claim)
	}
	return f
}

// claimOf is the key of the claim kept for a record. One that never had a
// claim answers a key of the stream's slot that nothing is ever kept under.
func (s *Stream) claimOf(l Letter) string {
	if l.claim == "" {
		return envelope.Beside(s.Name, "none")
	}
	return l.claim
}

// rootOf is the first entry of a record's envelope: its own, or over replays
// the one that its claim is named after.
func (s *Stream) rootOf(l Letter) string {
	if root, ok := strings.CutPrefix(l.claim, s.EntryClaim("")); ok {
		return root
	}
	return l.Entry
}
