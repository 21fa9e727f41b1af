package mutation

import (
	"context"
	"crypto/sha1" //nolint:gosec // Redis names scripts so
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/child"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/test/fault/history"
	"github.com/posternhq/postern/test/fault/sink"
	"github.com/posternhq/postern/test/harness"
)

const (
	lease    = time.Second
	patience = 60 * time.Second // for what must happen; waiting for it costs nothing if it does
	still    = 6 * time.Second  // nothing has happened for so long: what is left is stuck
	platform = "p"
)

// stage is a Redis, a platform without a key and nodes of one program, at which
// a scene is played. Its methods fail the test.
type stage struct {
	t       testing.TB
	program string
	scripts map[string]string // by name: the SHA-1 that Redis knows them by
	policy  string            // on_unknown
	server  *redistest.Server
	redis   *redis.Client
	sink    *sink.Sink
	nodes   []*node
	stream  string
	history history.History
	dir     string
}

// node is one process, or the next one in its place.
type node struct {
	id      string
	valve   *valve
	config  string
	process *child.Process
}

func newStage(t testing.TB, program, policy string, sources source) *stage {
	t.Helper()
	s := &stage{
		t: t, program: program, policy: policy, scripts: make(map[string]string), server: redistest.Start(t),
		stream: envelope.NewNames("postern").Outbound(platform), dir: t.TempDir(),
	}
	s.redis = s.server.Client()
	packed, err := sources.read("internal/bus/packed.lua")
	s.must(err)
	for _, name := range []string{"claim", "read", "settle", "takeover"} {
		text, err := sources.read("internal/bus/" + name + ".lua")
		s.must(err)
		text = strings.Replace(text, "-- include packed\n", packed, 1)
		sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
		s.scripts[name] = hex.EncodeToString(sum[:])
	}
	s.sink, err = sink.Start(sink.Keys{})
	s.must(err)
	t.Cleanup(s.sink.Close)
	for _, id := range []string{"n1", "n2"} {
		v, err := newValve(s.server.Addr)
		s.must(err)
		t.Cleanup(v.close)
		n := &node{id: id, valve: v, config: filepath.Join(s.dir, id+".yaml")}
		s.must(os.WriteFile(n.config, fmt.Appendf(nil, `node: { id: %s }
redis: { url: "redis://%s/0" }
http: { listen: "127.0.0.1:0" }
delivery: { lease: %v }
platforms:
  - { name: %s, kind: fault, key: none, on_unknown: %s, timeout: 30s, url: %q }
`, id, v.listener.Addr(), lease, platform, policy, s.sink.URL(id)), 0o600))
		s.nodes = append(s.nodes, n)
		t.Cleanup(func() {
			if n.process != nil {
				n.process.Kill()
			}
		})
	}
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// start runs node i, and returns when it, or another, is active.
func (s *stage) start(i int) {
	s.t.Helper()
	n := s.nodes[i]
	log, err := os.OpenFile(filepath.Join(s.dir, n.id+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	s.must(err)
	defer func() { _ = log.Close() }() // the child has its own descriptor
	cmd := exec.Command(s.program, "serve", "--config", n.config)
	cmd.Stdout, cmd.Stderr = log, log
	n.process, err = child.Start(cmd)
	s.must(err)
}

func (s *stage) kill(i int) {
	s.fault(history.Killed, i)
	s.nodes[i].process.Kill()
}

// freeze stops node i in its tracks until the scene's end, or thaw.
func (s *stage) freeze(i int) {
	s.t.Helper()
	s.fault(history.Frozen, i)
	s.must(s.nodes[i].process.Signal(syscall.SIGSTOP))
}

func (s *stage) fault(kind history.FaultKind, i int) {
	s.history.Faults = append(s.history.Faults, history.Fault{Kind: kind, Node: s.nodes[i].id, From: time.Now()})
}

// say publishes one message with a key and a receipt.
func (s *stage) say(channel, text string) {
	s.t.Helper()
	op := &history.Operation{
		Type: envelope.TypeMessage, Channel: channel, Key: "k-" + text, Shows: []string{text}, OnUnknown: s.policy, Receipt: true,
	}
	data, err := envelope.Encode(envelope.Outbound{
		Type: op.Type, ChannelID: channel, MessageKey: op.Key, Text: text, OnUnknown: s.policy, ReceiptTo: "postern:reply:scene",
	}, envelope.JSON)
	s.must(err)
	said := history.Said{Worker: "scene", At: time.Now(), Operation: op}
	said.Entry, err = s.redis.XAdd(s.t.Context(), &redis.XAddArgs{Stream: s.stream, Values: []any{"data", data}}).Result()
	s.must(err)
	s.history.Said = append(s.history.Said, said)
}

// warm has everything work once, so that Redis knows every script by its name.
func (s *stage) warm() {
	s.t.Helper()
	s.say("warm", "warm")
	s.settled()
}

// seen waits until the platform has been asked n times for this text.
func (s *stage) seen(text string, n int) {
	s.t.Helper()
	harness.Await(s.t, patience, fmt.Sprintf("%q is seen %d times", text, n), func() (bool, string) {
		count := 0
		for _, r := range s.sink.Seen() {
			if r.Show == text {
				count++
			}
		}
		return count >= n, fmt.Sprintf("seen %d times", count)
	})
}

// settled waits until the stream is empty.
func (s *stage) settled() {
	s.t.Helper()
	harness.Await(s.t, patience, "the stream is empty", func() (bool, string) {
		n, err := s.redis.XLen(s.t.Context(), s.stream).Result()
		return err == nil && n == 0, fmt.Sprintf("%d entries, %v", n, err)
	})
}

// happened waits for an event of a valve.
func (s *stage) happened(what string, event <-chan struct{}) {
	s.t.Helper()
	select {
	case <-event:
	case <-time.After(patience):
		s.t.Fatalf("%s: not within %v", what, patience)
	}
}

// judge waits until the stream is empty, or nothing moves any more, and has
// the checker read the evidence.
func (s *stage) judge() history.Report {
	s.t.Helper()
	moved, state := time.Now(), ""
	harness.Await(s.t, patience, "nothing moves", func() (bool, string) {
		left, err := s.redis.XLen(s.t.Context(), s.stream).Result()
		now := fmt.Sprintf("%d entries, %d requests, %v", left, len(s.sink.Seen()), err)
		if now != state {
			moved, state = time.Now(), now
		}
		return err == nil && left == 0 || time.Since(moved) >= still, now
	})
	ctx := s.t.Context()
	s.gather(ctx)
	p := history.Promise{OnUnknown: s.policy, Lease: lease}
	return history.Check(s.history, p)
}

func (s *stage) gather(ctx context.Context) {
	s.t.Helper()
	s.history.Seen = s.sink.Seen()
	left, err := s.redis.XRange(ctx, s.stream, "-", "+").Result()
	s.must(err)
	for _, e := range left {
		s.history.Left = append(s.history.Left, e.ID)
	}
	receipts, err := s.redis.LRange(ctx, "postern:reply:scene", 0, -1).Result()
	s.must(err)
	for _, text := range receipts {
		r, err := envelope.DecodeReceipt([]byte(text))
		s.must(err)
		s.history.Receipts = append(s.history.Receipts, history.Receipt{Receipt: r})
	}
	for what, into := range map[string]*[]history.Record{"dead": &s.history.Dead, "parked": &s.history.Parked} {
		records, err := s.redis.XRange(ctx, envelope.Beside(s.stream, what), "-", "+").Result()
		s.must(err)
		for _, e := range records {
			field := func(name string) string { v, _ := e.Values[name].(string); return v }
			*into = append(*into, history.Record{
				ID: e.ID, Entry: field("original_msg_id"), Key: field("message_key"), Code: envelope.Code(field("code")),
				Error: field("error"), MessageIDs: strings.Fields(field("message_ids")),
			})
		}
	}
}

// perhaps waits until the platform has been asked for this text, or for long
// enough to say that it will not be.
func (s *stage) perhaps(text string) {
	s.t.Helper()
	deadline := time.Now().Add(lease)
	harness.Await(s.t, patience, "something is seen, or is not", func() (bool, string) {
		for _, r := range s.sink.Seen() {
			if r.Show == text {
				return true, ""
			}
		}
		return time.Now().After(deadline), ""
	})
}
