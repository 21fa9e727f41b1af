package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// Stream is one platform's outbound stream, as one consumer of its group
// sees it.
type Stream struct {
	bus      *Bus
	Name     string // S
	Group    string
	Consumer string
	Names    envelope.Names
	keys     keys
	draining sync.Mutex // of the outbox
}

// keys are what is kept beside S, all in S's Cluster slot.
type keys struct {
	lease, epoch, dead, parked, outbox, finished, tally, gone, delayed, streams, gates, claims string
}

// Stream returns a platform's outbound stream for a consumer of ours.
func (b *Bus) Stream(names envelope.Names, platform, consumer string) *Stream {
	s := names.Outbound(platform)
	return &Stream{
		bus: b, Name: s, Group: names.Group(platform), Consumer: consumer, Names: names,
		keys: keys{
			lease: envelope.Beside(s, "lease"), epoch: envelope.Beside(s, "epoch"),
			dead: envelope.Beside(s, "dead"), parked: envelope.Beside(s, "parked"),
			outbox: envelope.Beside(s, "outbox"), finished: FinishedChannel(s),
			tally: envelope.Beside(s, "tally"), gone: envelope.Beside(s, "gone"),
			delayed: envelope.Beside(s, "delayed"), streams: envelope.Beside(s, "streams"),
			gates: envelope.Beside(s, "gates"), claims: envelope.Beside(s, "claim:"),
		},
	}
}

// FinishedChannel is where the receipts of stream are published, as JSON, for
// whoever is looking: those that were settled together in one message, one a line.
// See Receipts.
func FinishedChannel(stream string) string { return envelope.Beside(stream, "finished") }

// Receipts are those of one message of a FinishedChannel.
func Receipts(payload string) []string { return strings.Split(payload, "\n") }

// EnsureGroup makes the group, and the stream with it, at 0: never at $, which
// would skip what was published before. One that stands already is left alone.
func (s *Stream) EnsureGroup(ctx context.Context) (made bool, err error) {
	return s.bus.ensureGroup(ctx, s.Name, s.Group)
}

// Message is one entry as it lies in the stream.
type Message struct {
	ID     ID
	Fields Fields
}

// Fields are an entry's fields, each followed by its value.
type Fields []string

// Get is the value of a field; ok is false if there is none.
func (f Fields) Get(name string) (value string, ok bool) {
	for i := 0; i+1 < len(f); i += 2 {
		if f[i] == name {
			value, ok = f[i+1], true // the last of several counts
		}
	}
	return value, ok
}

// Size is the entry's bytes, near enough for budgets.
func (m Message) Size() int {
	n := 0
	for _, text := range m.Fields {
		n += len(text)
	}
	return n
}

// Fetch reads entries again by their ids, in one round trip. One that is gone
// is missing from the answer.
func (s *Stream) Fetch(ctx context.Context, ids []ID) ([]Message, error) {
	pipe := s.bus.client.Pipeline()
	cmds := make([]*redis.XMessageSliceCmd, len(ids))
	for i, id := range ids {
		cmds[i] = pipe.XRange(ctx, s.Name, id.String(), id.String())
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read %d entries of %s again: %w", len(ids), s.Name, err)
	}
	var out []Message
	for i, cmd := range cmds {
		for _, m := range cmd.Val() {
			fields := make(Fields, 0, 2*len(m.Values))
			for k, v := range m.Values {
				value, _ := v.(string)
				fields = append(fields, k, value)
			}
			out = append(out, Message{ID: ids[i], Fields: fields})
		}
	}
	return out, nil
}

// ErrFormerMaster says that entries which a read did not find are there: it was
// answered by a server that is the master no more.
var ErrFormerMaster = errors.New("entries that were not found are in the stream: a former master answered")

// Forget acknowledges entries that are gone from the stream, under the fence,
// and returns how many of them had still been pending. Those that are there
// stay pending; of them ErrFormerMaster tells.
func (s *Stream) Forget(ctx context.Context, token string, ids []ID) (int, error) {
	args := []any{token, s.Group}
	for _, id := range ids {
		args = append(args, id.String())
	}
	v, err := s.bus.run(ctx, "forget", []string{s.keys.lease, s.Name, s.keys.delayed}, args...)
	if err != nil {
		return 0, err
	}
	r := newReply(v)
	n, there := r.int(), r.int()
	if err := r.err("forget"); err != nil {
		return 0, err
	}
	if there > 0 {
		return int(n), ErrFormerMaster
	}
	return int(n), nil
}
