package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	platformtest.Run(t, platformtest.Fixture{
		Start: func(t testing.TB) (platform.Adapter, platformtest.Peer) {
			p := &peer{arrived: make(chan struct{}, 8)}
			return &opened{newAdapter(t, nil), p}, p
		},
		Secrets: []string{"a token that nobody may see"},
	})
}

// newAdapter makes one with the default settings but for some.
func newAdapter(t testing.TB, settings map[string]any) *Adapter {
	t.Helper()
	values := map[string]any{}
	for _, f := range Kind().Fields {
		values[f.Name] = f.Default
	}
	values["token"] = "a token that nobody may see"
	maps.Copy(values, settings)
	a, err := New(platform.Settings{Name: "chat", Values: values})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return a
}

// opened puts the peer between the adapter and its host.
type opened struct {
	*Adapter
	peer *peer
}

func (o *opened) Open(ctx context.Context, host platform.Host) error {
	return o.Adapter.Open(ctx, o.peer.between(host))
}

// peer sees what is written to the rooms, as a page would show it.
type peer struct {
	platform.Host
	rooms platform.Rooms

	mu       sync.Mutex
	effects  []platformtest.Effect
	requests int
	fault    platformtest.Fault
	arrived  chan struct{}
}

// between seeds the message that the suite edits, before anything counts.
func (p *peer) between(host platform.Host) platform.Host {
	seed(host.Rooms())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Host, p.rooms = host, host.Rooms()
	return p
}

func (p *peer) Rooms() platform.Rooms { return faulty{p.rooms, p} }

// seed makes the suite's messages, also in place of one that was deleted.
func seed(rooms platform.Rooms) {
	for _, id := range []string{"m1", "m2", "m3"} {
		seedOne(rooms, id)
	}
}

func seedOne(rooms platform.Rooms, id string) {
	m := message{From: person{ID: botID, Bot: true}, Text: "text"}
	_, err := rooms.Update(context.Background(), "channel", id, func(platform.Record) []byte { return m.store() })
	if err != nil {
		panic(fmt.Sprintf("seed a room: %v", err))
	}
}

// faulty is Rooms that count what comes and may meet a fault.
type faulty struct {
	platform.Rooms
	peer *peer
}

var errStore = errors.New("the store fails")

func (f faulty) Update(ctx context.Context, room, id string, change func(platform.Record) []byte) (platform.Record, error) {
	fault := f.peer.request()
	switch fault {
	case platformtest.FaultBroken:
		return platform.Record{}, errStore
	case platformtest.FaultSilent:
		f.peer.arrived <- struct{}{}
		<-ctx.Done()
		return platform.Record{}, ctx.Err()
	}
	var before platform.Record
	r, err := f.Rooms.Update(ctx, room, id, func(r platform.Record) []byte {
		before = r
		return change(r)
	})
	if err == nil && r.Version != before.Version {
		f.peer.saw(room, before, r)
	}
	if id == "m2" {
		seedOne(f.Rooms, id) // the suite deletes it, and may do so again
	}
	if fault == platformtest.FaultLost {
		return platform.Record{}, errStore
	}
	return r, err
}

// Make is the Update that it stands for.
func (f faulty) Make(ctx context.Context, room, id string, data []byte) (platform.Record, error) {
	return f.Update(ctx, room, id, func(now platform.Record) []byte {
		if now.Place != 0 {
			return nil
		}
		return data
	})
}

func (f faulty) Signal(ctx context.Context, room string, data []byte) error {
	var s signal
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	var frame struct {
		Type   string `json:"t"`
		Thread string `json:"thread"`
	}
	if s.Frame != nil && json.Unmarshal(s.Frame, &frame) == nil {
		f.peer.request()
		f.peer.add(platformtest.Effect{Type: envelope.Type(frame.Type), ChannelID: room, ThreadID: frame.Thread})
	}
	return f.Rooms.Signal(ctx, room, data)
}

// saw tells what a change of a record looks like.
func (p *peer) saw(room string, before, after platform.Record) {
	if room == presenceRoom {
		p.add(platformtest.Effect{Type: envelope.TypePresence})
		return
	}
	m, err := load(after.Data)
	if err != nil {
		panic(err)
	}
	e := platformtest.Effect{Type: envelope.TypeMessage, ChannelID: room, ThreadID: m.Thread, Text: m.Text}
	was, err := load(before.Data)
	switch {
	case err != nil && m.Live:
		e.Type = envelope.TypeStream
	case err != nil:
	case m.Deleted:
		e.Type = envelope.TypeDelete
	case len(was.Reactions) != len(m.Reactions):
		e.Type = envelope.TypeReaction
	case m.Edited:
		e.Type = envelope.TypeEdit
	}
	p.add(e)
}

func (p *peer) add(e platformtest.Effect) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.effects = append(p.effects, e)
}

func (p *peer) request() platformtest.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	fault := p.fault
	p.fault = ""
	return fault
}

func (p *peer) Effects() []platformtest.Effect {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.effects)
}

func (p *peer) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

func (p *peer) Fail(f platformtest.Fault) bool {
	if !strings.Contains("broken silent lost", string(f)) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	return true
}

func (p *peer) Arrived() <-chan struct{} { return p.arrived }
