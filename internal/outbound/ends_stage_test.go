package outbound

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// published is a case whose entry is in the stream.
type published struct {
	endCase
	id, list string
	encoding envelope.Encoding
	fields   fields
	data     []byte
}

// key is what its receipt calls it by.
func (p published) key() string {
	if p.raw != "" {
		return ""
	}
	for _, field := range []string{"stream_id", "message_key"} {
		if key, ok := p.fields[field].(string); ok {
			return key
		}
	}
	return ""
}

// stage publishes a case's entry with all that belongs to it.
func (b *bench) stage(c endCase, encoding envelope.Encoding) published {
	b.t.Helper()
	p := published{endCase: c, encoding: encoding, list: envelope.Beside(b.stream, "reply:"+c.name), fields: c.filled(c.more)}
	for _, f := range c.before {
		b.add(pack(b.t, encoding, c.filled(f)), 0)
	}
	if p.fields["receipt_to"] = p.list; c.raw == "" {
		p.data = pack(b.t, encoding, p.fields)
	} else {
		p.data = []byte(c.raw)
	}
	p.id = b.add(p.data, c.age)
	for _, f := range c.behind {
		b.add(pack(b.t, encoding, c.filled(f)), 0)
	}
	var err error
	switch key := b.claimKey(p); len(c.claim) {
	case 0:
	case 1:
		err = b.client.Set(b.t.Context(), key, c.claim[0], 0).Err()
	default:
		err = b.client.HSet(b.t.Context(), key, append(c.claim, "entry", p.id)...).Err()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// claimKey is the key of the claim that a case's name stands for.
func (b *bench) claimKey(p published) string {
	if p.fields["type"] == "rpc" {
		return envelope.Beside(b.stream, "request:"+p.name)
	}
	return envelope.Beside(b.stream, "claim:"+p.name)
}

// filled are an envelope's fields with those that every case has.
func (c endCase) filled(more fields) fields {
	all := fields{"type": "message", "channel_id": c.name, "text": c.name, "message_key": c.name}
	maps.Copy(all, more)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

// add publishes an envelope's bytes, as if so long ago.
func (b *bench) add(data []byte, age time.Duration) (id string) {
	b.t.Helper()
	args := &redis.XAddArgs{Stream: b.stream, Values: []any{"data", data, "ts", "7.5", "trace_id", "trace"}}
	if age > 0 {
		args.ID = fmt.Sprintf("%d-*", time.Now().Add(-age).UnixMilli())
	}
	id, err := b.client.XAdd(b.t.Context(), args).Result()
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// pack encodes an envelope as a worker does.
func pack(t *testing.T, encoding envelope.Encoding, v any) []byte {
	t.Helper()
	marshal := json.Marshal
	if encoding == envelope.MessagePack {
		marshal = msgpack.Marshal
	}
	data, err := marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// unpack decodes an answer as a worker does, and returns the names of its
// fields, sorted.
func unpack(t *testing.T, encoding envelope.Encoding, data []byte, into any) (names []string) {
	t.Helper()
	var (
		all map[string]any
		err error
	)
	if encoding == envelope.JSON {
		if err = json.Unmarshal(data, &all); err == nil {
			err = json.Unmarshal(data, into)
		}
	} else if err = msgpack.Unmarshal(data, &all); err == nil {
		decoder := msgpack.NewDecoder(bytes.NewReader(data))
		decoder.SetCustomStructTag("json")
		err = decoder.Decode(into)
	}
	if err != nil {
		t.Fatalf("answer %q: %v", data, err)
	}
	return slices.Sorted(maps.Keys(all))
}

// listen hears what is told of the entries that end, and waits for some.
func (b *bench) listen() (told func(all []published) map[string]envelope.Receipt) {
	b.t.Helper()
	sub := b.client.Subscribe(b.t.Context(), bus.FinishedChannel(b.stream))
	b.t.Cleanup(func() { sub.Close() })
	if _, err := sub.Receive(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return func(all []published) map[string]envelope.Receipt {
		ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
		defer cancel()
		got := map[string]envelope.Receipt{}
		for slices.ContainsFunc(all, func(p published) bool { _, ok := got[p.id]; return !ok }) {
			m, err := sub.ReceiveMessage(ctx)
			if err != nil {
				b.t.Fatalf("%d of %d are told of: %v", len(got), len(all), err)
			}
			for _, receipt := range bus.Receipts(m.Payload) {
				var r envelope.Receipt
				unpack(b.t, envelope.JSON, []byte(receipt), &r)
				if _, twice := got[r.EntryID]; twice {
					b.t.Errorf("%s ended twice", r.EntryID)
				}
				got[r.EntryID] = r
			}
		}
		return got
	}
}

// on is the bench as a part of its test sees it.
func (b *bench) on(t *testing.T) *bench {
	sub := *b
	sub.t = t
	return &sub
}

// shown are the ids of some of the messages that a channel shows, by place.
func (b *bench) shown(channel string, which []int) []string {
	b.platform.mutex.Lock()
	defer b.platform.mutex.Unlock()
	var all []string
	for _, a := range b.platform.accepted {
		if a.channel == channel {
			all = append(all, "m-"+a.key)
		}
	}
	ids := []string{}
	for _, i := range which {
		if i >= len(all) {
			b.t.Fatalf("channel %q shows %d messages", channel, len(all))
		}
		ids = append(ids, all[i])
	}
	return ids
}

// receiptOnItsList holds that the receipt went to its list, once, for a day, as
// it was published, and in the envelope's encoding.
func (b *bench) receiptOnItsList(p published, want envelope.Receipt) {
	b.t.Helper()
	got := b.client.LRange(b.t.Context(), p.list, 0, -1).Val()
	if p.raw != "" { // nobody can read where it is to go
		if len(got) != 0 {
			b.t.Errorf("receipts %q", got)
		}
		return
	}
	if len(got) != 1 {
		b.t.Fatalf("%d receipts", len(got))
	}
	var r envelope.Receipt
	names := unpack(b.t, p.encoding, []byte(got[0]), &r)
	if !reflect.DeepEqual(r, want) {
		b.t.Errorf("the receipt %+v, and what was published %+v", r, want)
	}
	always := []string{"at", "attempts", "entry_id", "message_ids", "possible_duplicate", "status", "warnings"}
	if p.key() != "" {
		always = append(always, "message_key")
	}
	if p.code != "" {
		always = append(always, "error")
	}
	if slices.Sort(always); !slices.Equal(names, always) {
		b.t.Errorf("the receipt's fields are %v; want %v", names, always)
	}
	b.lasts(p.list, 24*time.Hour)
}

// lasts holds that a key of ours goes by itself after so long.
func (b *bench) lasts(key string, want time.Duration) {
	b.t.Helper()
	if got := b.client.PTTL(b.t.Context(), key).Val(); got > want || got < want-min(want/2, 10*time.Minute) {
		b.t.Errorf("%s lasts %v; want %v", key, got, want)
	}
}

// leavesRecord holds that an entry left its dead or parked record, or none.
func (b *bench) leavesRecord(p published, r envelope.Receipt) {
	b.t.Helper()
	for _, kind := range []string{"dead", "parked"} {
		all := b.client.XRange(b.t.Context(), envelope.Beside(b.stream, kind), "-", "+").Val()
		at := slices.IndexFunc(all, func(m redis.XMessage) bool { return m.Values["original_msg_id"] == p.id })
		if (at >= 0) != (kind == p.left) {
			b.t.Errorf("a %s record: %v", kind, at >= 0)
		}
		if at < 0 || kind != p.left {
			continue
		}
		record := all[at].Values
		for field, want := range map[string]string{
			"original_stream": b.stream, "message_key": p.key(), "code": string(p.code), "field": p.field, "error": r.Error.Message,
			"attempt": fmt.Sprint(p.attempts), "data": string(p.data), "ts": "7.5", "trace_id": "trace",
		} {
			if record[field] != want {
				b.t.Errorf("the record's %s is %q; want %q", field, record[field], want)
			}
		}
		ids, _ := record["message_ids"].(string)
		if len(r.MessageIDs) > 0 && ids != r.MessageIDs[0] {
			b.t.Errorf("the record's message_ids are %q; want %q", ids, r.MessageIDs)
		}
		if started, _ := record["started_at"].(string); kind == "parked" && started == "" {
			b.t.Error("a parked record does not say when it may have been sent")
		}
	}
}

// leavesClaim holds that an entry left its key's claim, for as long as it is to
// be known.
func (b *bench) leavesClaim(p published) {
	b.t.Helper()
	key := b.claimKey(p)
	if state := bus.ClaimState(b.claimAt(key, "state")); state != p.state {
		b.t.Errorf("its key's claim is %q; want %q", state, p.state)
	}
	switch p.state {
	case bus.ClaimDone:
		b.lasts(key, 24*time.Hour)
	case bus.ClaimDead, bus.ClaimParked:
		b.lasts(key, 30*24*time.Hour)
	}
	if left := b.client.Exists(b.t.Context(), envelope.Beside(b.stream, "entry:"+p.id)).Val(); left != 0 {
		b.t.Error("a claim of its own is left")
	}
}
