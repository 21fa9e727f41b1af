package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// records picks a stream's dead letters or its parked records.
type records func(*bus.Stream) string

// record is a letter as --json prints it.
type record struct {
	ID         string        `json:"id"`
	Platform   string        `json:"platform"`
	Entry      string        `json:"original_msg_id"`
	MessageKey string        `json:"message_key,omitempty"`
	Code       envelope.Code `json:"code"`
	Field      string        `json:"field,omitempty"`
	Error      string        `json:"error"`
	Attempt    string        `json:"attempt,omitempty"`
	TS         string        `json:"ts,omitempty"`
	TraceID    string        `json:"trace_id,omitempty"`
	MessageIDs string        `json:"message_ids,omitempty"`
	StartedAt  string        `json:"started_at,omitempty"`
	Cure       string        `json:"cure"`
	Data       []byte        `json:"data,omitempty"` // base64: the bytes as they were published
}

func recordOf(platform string, l bus.Letter) record {
	return record{
		ID: l.ID, Platform: platform, Entry: l.Entry, MessageKey: l.MessageKey, Code: envelope.Code(l.Code), Field: l.Field,
		Error: l.Error, Attempt: l.Attempt, TS: l.TS, TraceID: l.TraceID, MessageIDs: l.MessageIDs, StartedAt: l.StartedAt,
		Cure: cure(envelope.Code(l.Code)),
	}
}

// String is the record's line in a list.
func (r record) String() string {
	key := ""
	if r.MessageKey != "" {
		key = " key " + strconv.Quote(r.MessageKey)
	}
	return fmt.Sprintf("%s  %s  %s  %s: %s%s%s", r.Platform, r.ID, ageOf(r.ID), r.Code, r.Error, inField(r.Field, r.Error), key)
}

// ageOf says how old a stream id is by this machine's clock.
func ageOf(id string) string {
	parsed, err := bus.ParseID(id)
	if err != nil {
		return "?"
	}
	return time.Since(parsed.Time()).Round(time.Second).String()
}

func (a *app) listRecords(c listFlags, which records) error {
	cfg, b, err := a.connect()
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // nothing is left in it
	names := platformNames(cfg)
	if c.Platform != "" {
		names = []string{c.Platform}
	}
	found := false
	for _, name := range names {
		s, err := a.stream(cfg, b, name)
		if err != nil {
			return err
		}
		left := max(c.Limit, 1)
		err = a.scan(s, which(s), c.filter, func(l bus.Letter) (bool, error) {
			left--
			found = true
			r := recordOf(name, l)
			if !c.JSON {
				fmt.Fprintln(a.Stdout, r)
				return left > 0, nil
			}
			return left > 0, a.printJSON(r)
		})
		if err != nil {
			return err
		}
	}
	if !found {
		fmt.Fprintln(a.Stderr, "none"+c.filter.String())
	}
	return nil
}

func (a *app) showRecord(c showFlags, which records) error {
	cfg, b, err := a.connect()
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // nothing is left in it
	s, err := a.stream(cfg, b, c.Platform)
	if err != nil {
		return err
	}
	letter, err := s.Letter(a.ctx, which(s), c.ID)
	if err != nil {
		return gone(err)
	}
	r := recordOf(c.Platform, letter)
	if c.JSON {
		r.Data = letter.Data
		return a.printJSON(r)
	}
	for _, line := range [][2]string{
		{"platform", r.Platform},
		{"id", r.ID},
		{"entry", r.Entry},
		{"published", readableTime(r.TS)},
		{"message_key", r.MessageKey},
		{"trace_id", r.TraceID},
		{"error", string(r.Code) + ": " + r.Error},
		{"field", r.Field},
		{"attempts", r.Attempt},
		{"sent as", r.MessageIDs},
		{"started at", readableTime(r.StartedAt)},
		{"cure", r.Cure},
		{"envelope", readable(letter.Data)},
	} {
		if line[1] != "" {
			fmt.Fprintf(a.Stdout, "%-12s %s\n", line[0], line[1])
		}
	}
	return nil
}

// readableTime shows Unix seconds as the logs do.
func readableTime(seconds string) string {
	at, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return seconds
	}
	return time.UnixMilli(int64(at * 1000)).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// readable shows an envelope as JSON, or its bytes quoted where it is none.
func readable(data []byte) string {
	if json.Valid(data) {
		return strings.TrimSpace(string(data))
	}
	decoded, fault := envelope.DecodeOutbound(data, envelope.Limits{MaxDepth: envelope.DefaultLimits().MaxDepth})
	if fault == nil {
		if text, err := envelope.Encode(decoded.Envelope, envelope.JSON); err == nil {
			return string(text)
		}
	}
	const shown = 512
	if len(data) > shown {
		return fmt.Sprintf("%q and %d bytes more", data[:shown], len(data)-shown)
	}
	return strconv.Quote(string(data))
}

// gone says what to do about a record that is not there.
func gone(err error) error {
	if errors.Is(err, bus.ErrGone) {
		return fmt.Errorf("%w: it was dropped, or published again, or never there; list shows what there is", err)
	}
	return err
}
