package webchat

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform/platformtest"
)

func say(channel, text string) envelope.Outbound {
	return envelope.Outbound{Type: envelope.TypeMessage, ChannelID: channel, Text: text}
}

// texts are what the page shows, in the order of the room.
func (p *visitorPage) texts() string {
	var all []record
	for _, r := range p.records {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b record) int { return int(a.Place - b.Place) })
	var texts []string
	for _, r := range all {
		text := r.Text
		if r.Deleted {
			text = "-"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ",")
}

// TestReconnectLosesNothing: a node stops and another one starts; what was
// said, changed and deleted in between is there, each record once, and what
// the page did not get an answer to, it sends again and it is taken once.
func TestReconnectLosesNothing(t *testing.T) {
	t.Parallel()
	host := platformtest.NewHost()
	first := startNode(t, host, map[string]any{"people": false})
	ann, bob := first.enter("lobby", "Ann"), first.enter("lobby", "Bob")
	a := ann.say("a")
	ann.say("b")
	ann.shows("b")
	bob.shows("b")
	id := frameID()
	ann.ask(map[string]any{"t": "send", "id": id, "text": "c"})
	if err := first.adapter.Close(t.Context()); err != nil {
		t.Fatalf("Close: %v", err)
	}
	for _, p := range []*visitorPage{ann, bob} {
		if c := p.closed(); c.Code != websocket.StatusGoingAway {
			t.Errorf("%s was sent away with %v", p.you.Name, c)
		}
	}

	second := startNode(t, host, map[string]any{"people": false})
	second.bot(say("lobby", "d"))
	second.bot(envelope.Outbound{Type: envelope.TypeReaction, ChannelID: "lobby", Emoji: "👍"}, a)
	bob.seen = nil
	bob.again(second)
	if bob.welcome.Reset {
		t.Error("Bob is to forget what he has")
	}
	ann.again(second)
	if f := ann.ask(map[string]any{"t": "send", "id": id, "text": "c"}); f.Type != "ok" { // as if the answer had been lost
		t.Errorf("sent again: %+v", f)
	}
	ann.ask(map[string]any{"t": "delete", "message": a})
	ann.say("e")
	ann.shows("e")
	bob.shows("e")
	for _, p := range []*visitorPage{ann, bob} {
		if got := p.texts(); got != "-,b,c,d,e" {
			t.Errorf("%s is shown %s", p.you.Name, got)
		}
	}
	for _, r := range bob.seen {
		if r.Text == "b" {
			t.Error("Bob is sent again what he has")
		}
	}
	var contents []string
	for _, e := range host.Events() {
		contents = append(contents, string(e.Event)+" "+e.Content)
	}
	if got := strings.Join(contents, ","); got != "message a,message b,message c,delete ,message e" {
		t.Errorf("events: %s", got)
	}
}

// TestHistory: a page that comes new gets the end of the room, and the rest
// when it asks; one that was away for too long starts anew.
func TestHistory(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), map[string]any{"people": false, "history": 3})
	ann := n.enter("lobby", "Ann")
	for i := range 8 {
		n.bot(say("lobby", fmt.Sprint(i)))
	}
	bob := n.enter("lobby", "Bob")
	if !bob.welcome.Reset || !bob.welcome.More || bob.texts() != "5,6,7" || bob.version != 8 {
		t.Errorf("Bob is welcomed with %s, %+v", bob.texts(), bob.welcome)
	}
	bob.send(map[string]any{"t": "older", "before": 6, "limit": 4})
	older := bob.until("older", func(f outFrame) bool { return f.Type == "older" })
	if len(older.Records) != 4 || older.Records[0].Text != "1" || older.Records[3].Text != "4" || !older.More {
		t.Errorf("older: %+v", older)
	}
	bob.send(map[string]any{"t": "older", "before": 2})
	if older = bob.until("older", func(f outFrame) bool { return f.Type == "older" }); len(older.Records) != 1 || older.More {
		t.Errorf("the oldest: %+v", older)
	}

	ann.shows("7")
	_ = ann.conn.CloseNow()
	for i := range changedAtOnce + 1 {
		n.bot(say("lobby", fmt.Sprint("later ", i)))
	}
	ann.again(n)
	if !ann.welcome.Reset || len(ann.records) != 3 {
		t.Errorf("after a long time: reset %v, %d records", ann.welcome.Reset, len(ann.records))
	}
	ann.version = 1 << 40 // of another room
	again := &visitorPage{t: t, session: ann.session, records: map[string]record{}}
	again.open(n, map[string]any{"t": "hello", "channel": "lobby", "since": ann.version})
	if !again.welcome.Reset || len(again.records) != 3 {
		t.Errorf("with a version that is not the room's: reset %v, %d records", again.welcome.Reset, len(again.records))
	}
}

// TestTwoNodes: pages on two nodes see the same, in the same order, whichever
// node the bot writes through.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	const each = 40
	host := platformtest.NewHost()
	a := startNode(t, host, map[string]any{"people": false, "rate": 1000, "burst": 1000})
	b := startNode(t, host, map[string]any{"people": false, "rate": 1000, "burst": 1000})
	ann, bob := a.enter("lobby", "Ann"), b.enter("lobby", "Bob")
	var writing sync.WaitGroup
	for _, n := range []*chatNode{a, b} {
		writing.Go(func() {
			for i := range each {
				if _, err := n.tryBot(say("lobby", fmt.Sprintf("%p %d", n, i))); err != nil {
					t.Errorf("write: %v", err)
				}
			}
		})
	}
	for i := range each {
		ann.say(fmt.Sprint("Ann ", i))
		bob.say(fmt.Sprint("Bob ", i))
	}
	writing.Wait()
	a.bot(say("lobby", "end"))
	ann.shows("end")
	bob.shows("end")
	if ann.texts() != bob.texts() || len(ann.records) != 4*each+1 {
		t.Errorf("Ann, %d records: %s\nBob, %d records: %s", len(ann.records), ann.texts(), len(bob.records), bob.texts())
	}
	for _, p := range []*visitorPage{ann, bob} {
		if len(p.seen) != len(p.records) || !slices.IsSortedFunc(p.seen, func(a, b record) int { return int(a.V - b.V) }) {
			t.Errorf("%s was sent %d records for %d, or not in order", p.you.Name, len(p.seen), len(p.records))
		}
	}
}

// TestSlowReader: a page that does not read costs the node no more than the
// room's log, holds up nobody, and is told all when it reads again.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	const many, size = 2 * logEntries, 200
	n := startNode(t, platformtest.NewHost(), map[string]any{"people": false}, func(t *timing) { t.write = time.Minute })
	n.buffer.Store(4 << 10)
	slow, ann := n.enter("lobby", "Slow"), n.enter("lobby", "Ann")
	var behind *socket
	for s := range n.adapter.hub.Load().sockets {
		if s.person() == slow.you {
			behind = s
		}
	}
	filler := strings.Repeat("x", size)
	for i := range many {
		n.bot(say("lobby", fmt.Sprintf("%d %s", i, filler)))
		ann.untilRecord("the next", func(r record) bool { return strings.HasPrefix(r.Text, fmt.Sprintf("%d ", i)) && r.Place == int64(i+1) })
		clear(ann.records)
	}
	r := n.adapter.hub.Load().rooms["lobby"]
	r.mu.Lock()
	if r.log.bytes > logBytes || len(r.log.entries) > logEntries {
		t.Errorf("the log has %d entries of %d bytes", len(r.log.entries), r.log.bytes)
	}
	if behind.at.Load() >= r.log.start {
		t.Error("the slow page is not behind, so this shows nothing")
	}
	r.mu.Unlock()
	slow.untilRecord("the last", func(r record) bool { return r.Place == many })
	if len(slow.records) != many || len(slow.seen) != many {
		t.Errorf("the slow page was sent %d records, %d different ones; expected %d", len(slow.seen), len(slow.records), many)
	}
}

// TestDeadPage: a page that answers no ping is taken for gone.
func TestDeadPage(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil, func(t *timing) { t.idle, t.pong, t.linger = 10*time.Millisecond, 50*time.Millisecond, 0 })
	ann := n.enter("lobby", "Ann") // reads no more, and so answers none
	events := n.host.WaitEvents(t, 2)
	if events[1].Member != "left" || events[1].UserID != ann.you.ID {
		t.Errorf("events %+v", events)
	}
	silent := startNode(t, platformtest.NewHost(), nil, func(t *timing) { t.hello = 20 * time.Millisecond })
	conn, err := silent.dial("")
	if err != nil {
		t.Fatal(err)
	}
	if c := (&visitorPage{t: t, conn: conn}).closed(); c.Code != closeProtocol {
		t.Errorf("who says no hello is closed with %v", c)
	}
}
