package outbound

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// board is a platform whose messages can be edited, in memory: what each
// message read, over time. It keeps part keys, as long as keyed says so.
type board struct {
	caps  platform.Capabilities
	mutex sync.Mutex
	posts []*post
	byKey map[string]string // part key: id of what it made or changed
	// before is asked about each call, after about each that was carried out:
	// an error is the answer. nth counts the calls for the part's key.
	before, after func(w writing, nth int) error
	hang          func(ctx context.Context, w writing) // before
	linger        func(ctx context.Context, w writing) // after
	calls         map[string]int
}

// post is one message on a board.
type post struct {
	id, channel string
	texts       []string // one after the other
	done        bool     // a stream's: it grows no more
	removed     bool
	reacted     string
}

// writing is a part's body.
type writing struct {
	Type                         envelope.Type
	Channel, Target, Text, Emoji string
	Final, Remove, Idle          bool
}

func newBoard(form string) *board {
	b := &board{byKey: map[string]string{}, calls: map[string]int{}}
	types := map[envelope.Type]platform.Level{envelope.TypeMessage: platform.Full}
	switch form {
	case "native":
		types[envelope.TypeStream] = platform.Full
		fallthrough
	case "edits":
		types[envelope.TypeEdit], types[envelope.TypeReaction] = platform.Full, platform.Full
	}
	b.caps = platform.Capabilities{
		Types: types, Fields: map[string]platform.Level{"format": platform.Full}, NativeKey: true,
		Idempotent: []envelope.Type{envelope.TypeEdit, envelope.TypeStream, envelope.TypeReaction},
	}
	return b
}

func (b *board) Identity() platform.Identity               { return platform.Identity{Platform: "board"} }
func (b *board) Capabilities() platform.Capabilities       { return b.caps }
func (b *board) Open(context.Context, platform.Host) error { return nil }
func (b *board) Close(context.Context) error               { return nil }

// Plan cuts a text at its bars: the first parts replace their targets, what is
// more is made, and targets that are more are removed.
func (b *board) Plan(op platform.Operation) ([]platform.Part, error) {
	e := op.Envelope
	if strings.Contains(e.Text, "unfit") {
		return nil, platform.Refused(envelope.CodeInvalid, "text", "unfit")
	}
	var writings []writing
	targets := slices.DeleteFunc(slices.Clone(op.Targets), func(id string) bool { return id == "" })
	for i, text := range strings.Split(e.Text, "|") {
		w := writing{Type: e.Type, Channel: e.ChannelID, Text: text, Emoji: e.Emoji, Final: e.Final}
		if i < len(targets) {
			w.Target = targets[i]
		}
		writings = append(writings, w)
	}
	for _, id := range targets[min(len(writings), len(targets)):] {
		writings = append(writings, writing{Type: e.Type, Channel: e.ChannelID, Target: id, Remove: true})
	}
	for i, id := range op.Targets { // a target that is gone keeps its place, unless it is the last
		if id == "" && slices.ContainsFunc(op.Targets[i:], func(id string) bool { return id != "" }) {
			writings = slices.Insert(writings, i, writing{Idle: true})
		}
	}
	var parts []platform.Part
	for _, w := range writings {
		body, err := json.Marshal(w)
		if err != nil {
			return nil, err
		}
		parts = append(parts, platform.Part{Type: e.Type, ChannelID: e.ChannelID, Body: body, Makes: w.Target == "" && !w.Idle && e.Type != envelope.TypeMessage})
	}
	return parts, nil
}

func (b *board) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	var w writing
	if err := json.Unmarshal(part.Body, &w); err != nil {
		return platform.Result{}, err
	}
	if w.Idle {
		return platform.Result{}, nil
	}
	if b.hang != nil {
		b.hang(ctx, w)
	}
	if err := platform.Permit(ctx); err != nil {
		return platform.Result{}, &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "no permit", Cause: err}
	}
	result, err := b.do(w, part.Key)
	if b.linger != nil {
		b.linger(ctx, w)
	}
	return result, err
}

func (b *board) do(w writing, key string) (platform.Result, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	nth := b.calls[key]
	b.calls[key]++
	if b.before != nil {
		if err := b.before(w, nth); err != nil {
			return platform.Result{}, err
		}
	}
	id, known := b.byKey[key]
	if !known || !b.caps.NativeKey {
		id = b.write(w)
		if id == "" {
			return platform.Result{}, platform.Refused(envelope.CodeNotFound, "message_id", "no message %s", w.Target)
		}
		b.byKey[key] = id
	}
	if b.after != nil {
		if err := b.after(w, nth); err != nil {
			return platform.Result{}, err
		}
	}
	if w.Target != "" {
		gone := slices.ContainsFunc(b.posts, func(p *post) bool { return p.id == w.Target && p.removed })
		return platform.Result{Gone: w.Remove && gone}, nil // a change makes nothing that has an id
	}
	return platform.Result{MessageID: id}, nil
}

func (b *board) write(w writing) (id string) {
	if w.Target == "" {
		p := &post{id: fmt.Sprint("p", len(b.posts)+1), channel: w.Channel, texts: []string{w.Text}, done: w.Final}
		b.posts = append(b.posts, p)
		return p.id
	}
	for _, p := range b.posts {
		switch {
		case p.id != w.Target:
			continue
		case w.Remove && strings.HasPrefix(p.texts[0], "file"): // it stays, without a text
			p.texts = append(p.texts, "file")
		case w.Remove:
			p.removed = true
		case p.removed:
			return ""
		case w.Type == envelope.TypeReaction:
			p.reacted = w.Emoji
		default:
			p.texts, p.done = append(p.texts, w.Text), w.Final
		}
		return p.id
	}
	return ""
}

// reads is what a channel's messages read now, in order.
func (b *board) reads(channel string) string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	var out []string
	for _, p := range b.posts {
		if p.channel == channel && !p.removed {
			out = append(out, p.texts[len(p.texts)-1])
		}
	}
	return strings.Join(out, " ")
}

// reacted is what was last reacted to post n with.
func (b *board) reacted(n int) string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.posts[n].reacted
}

// history is what the nth message of the board read, over time.
func (b *board) history(n int) string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if n >= len(b.posts) {
		return ""
	}
	return strings.Join(b.posts[n].texts, " ")
}

// stall makes the first writing of a text wait until it is let go on, or its
// tenure ends; it then has no permit any more.
func (b *board) stall(text string) (entered <-chan struct{}, letGo func()) {
	return hold(&b.hang, text)
}

// swallow does so after the board has taken it: nobody hears of it.
func (b *board) swallow(text string) (taken <-chan struct{}) {
	taken, _ = hold(&b.linger, text)
	return taken
}

func hold(hook *func(context.Context, writing), text string) (entered <-chan struct{}, letGo func()) {
	in, gate, before := make(chan struct{}), make(chan struct{}), *hook
	var once sync.Once
	*hook = func(ctx context.Context, w writing) {
		if before != nil {
			before(ctx, w)
		}
		if w.Text == text {
			once.Do(func() {
				close(in)
				select {
				case <-gate:
				case <-ctx.Done():
				}
			})
		}
	}
	return in, sync.OnceFunc(func() { close(gate) })
}

// on makes a consumer deliver to a board.
func on(board *board) func(*Config) { return func(c *Config) { c.Adapter = board } }

// quietAfter makes streams end by themselves after d.
func quietAfter(d time.Duration) func(*Config) {
	return func(c *Config) { c.Limits.StreamQuiet = d }
}

// snapshot publishes one of a stream and returns the list that its receipt
// goes to.
func (b *bench) snapshot(stream string, seq int, text string, more ...any) (list string) {
	b.t.Helper()
	list = envelope.Beside(b.stream, fmt.Sprintf("reply:%s-%d-%d", stream, seq, time.Now().UnixNano()))
	fields := map[string]any{
		"type": "stream", "channel_id": "c", "stream_id": stream, "seq": seq, "text": text, "receipt_to": list,
	}
	for i := 0; i+1 < len(more); i += 2 {
		fields[more[i].(string)] = more[i+1]
	}
	b.publish(fields)
	return list
}

// ends asserts how an entry ended.
func (b *bench) ends(list string, want envelope.Status) envelope.Receipt {
	b.t.Helper()
	r := b.receipt(list)
	if r.Status != want {
		b.t.Errorf("%s: %+v %+v; want %s", list, r, r.Error, want)
	}
	return r
}
