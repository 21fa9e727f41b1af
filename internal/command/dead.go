package command

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// deadCommands are what a person does with dead letters.
type deadCommands struct {
	List   deadList   `cmd:"" help:"List dead letters, oldest first."`
	Show   deadShow   `cmd:"" help:"Show one, with its envelope and the cure."`
	Replay deadReplay `cmd:"" help:"Publish again, at the end of the lane, what was sent kept."`
	Drop   deadDrop   `cmd:"" help:"Delete for good."`
}

// parkedCommands are the same for parked records; to resend one is to risk
// that it is there twice.
type parkedCommands struct {
	List   parkedList   `cmd:"" help:"List parked records, oldest first."`
	Show   parkedShow   `cmd:"" help:"Show one, with its envelope and what was sent."`
	Resend parkedResend `cmd:"" help:"Send the rest again: it may then be there twice."`
	Drop   parkedDrop   `cmd:"" help:"Delete for good."`
}

type (
	deadList     struct{ listFlags }
	deadShow     struct{ showFlags }
	deadReplay   struct{ chosen }
	deadDrop     struct{ chosen }
	parkedList   struct{ listFlags }
	parkedShow   struct{ showFlags }
	parkedResend struct{ chosen }
	parkedDrop   struct{ chosen }
)

type listFlags struct {
	Platform string `arg:"" optional:"" help:"Only this platform's."`
	Limit    int64  `default:"100" help:"At most so many per platform (${default})."`
	JSON     bool   `name:"json" help:"Print JSON, one record a line."`
}

type showFlags struct {
	Platform string `arg:"" help:"The platform."`
	ID       string `arg:"" help:"The record's id, as list shows it."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

type chosen struct {
	Platform string   `arg:"" help:"The platform."`
	IDs      []string `arg:"" optional:"" name:"id" help:"The records' ids, as list shows them."`
	All      bool     `help:"Every record there is now."`
}

func (c *deadList) Run(a *app) error     { return a.listRecords(c.listFlags, (*bus.Stream).Dead) }
func (c *parkedList) Run(a *app) error   { return a.listRecords(c.listFlags, (*bus.Stream).Parked) }
func (c *deadShow) Run(a *app) error     { return a.showRecord(c.showFlags, (*bus.Stream).Dead) }
func (c *parkedShow) Run(a *app) error   { return a.showRecord(c.showFlags, (*bus.Stream).Parked) }
func (c *deadReplay) Run(a *app) error   { return a.each(c.chosen, (*bus.Stream).Dead, replay) }
func (c *parkedResend) Run(a *app) error { return a.each(c.chosen, (*bus.Stream).Parked, replay) }
func (c *deadDrop) Run(a *app) error     { return a.each(c.chosen, (*bus.Stream).Dead, drop) }
func (c *parkedDrop) Run(a *app) error   { return a.each(c.chosen, (*bus.Stream).Parked, drop) }

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
	for _, name := range names {
		s, err := a.stream(cfg, b, name)
		if err != nil {
			return err
		}
		letters, err := s.Letters(a.ctx, which(s), "", max(c.Limit, 1))
		if err != nil {
			return err
		}
		for _, l := range letters {
			r := recordOf(name, l)
			if !c.JSON {
				fmt.Fprintln(a.Stdout, r)
			} else if err := a.printJSON(r); err != nil {
				return err
			}
		}
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
		return err
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
		{"published", r.TS},
		{"message_key", r.MessageKey},
		{"trace_id", r.TraceID},
		{"error", string(r.Code) + ": " + r.Error},
		{"field", r.Field},
		{"attempts", r.Attempt},
		{"sent as", r.MessageIDs},
		{"started at", r.StartedAt},
		{"cure", r.Cure},
		{"envelope", readable(letter.Data)},
	} {
		if line[1] != "" {
			fmt.Fprintf(a.Stdout, "%-12s %s\n", line[0], line[1])
		}
	}
	return nil
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

// action does something to one record and says what came of it.
type action func(ctx context.Context, s *bus.Stream, records, id string) (string, error)

func replay(ctx context.Context, s *bus.Stream, records, id string) (string, error) {
	entry, err := s.Replay(ctx, records, id)
	return "published again as " + entry, err
}

func drop(ctx context.Context, s *bus.Stream, records, id string) (string, error) {
	return "dropped", s.Drop(ctx, records, id)
}

// each acts on the chosen records, one after the other. One that fails is
// told and does not keep the others.
func (a *app) each(c chosen, which records, act action) error {
	if c.All == (len(c.IDs) > 0) {
		return usagef("which records? give their ids, or --all")
	}
	cfg, b, err := a.connect()
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // nothing is left in it
	s, err := a.stream(cfg, b, c.Platform)
	if err != nil {
		return err
	}
	ids := c.IDs
	if c.All {
		if ids, err = a.allRecords(s, which(s)); err != nil {
			return err
		}
	}
	failed := false
	for _, id := range ids {
		said, err := act(a.ctx, s, which(s), id)
		if a.ctx.Err() != nil {
			return a.ctx.Err()
		}
		if err != nil {
			failed = true
			fmt.Fprintf(a.Stderr, "%s: %v\n", id, err)
			continue
		}
		fmt.Fprintf(a.Stdout, "%s %s\n", id, said)
	}
	if failed {
		return errReported
	}
	return nil
}

// allRecords reads the ids first: a replay may die again meanwhile and would
// then come round for ever.
func (a *app) allRecords(s *bus.Stream, records string) ([]string, error) {
	const page = 500
	var ids []string
	for after := ""; ; after = ids[len(ids)-1] {
		letters, err := s.Letters(a.ctx, records, after, page)
		if err != nil {
			return nil, err
		}
		for _, l := range letters {
			ids = append(ids, l.ID)
		}
		if len(letters) < page {
			return ids, nil
		}
	}
}
