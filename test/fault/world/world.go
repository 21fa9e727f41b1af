// Package world is the stage of a fault run: a real Redis, several real gateway
// processes, and the platform that they send to. It does to them what a plan
// says, and notes when.
//
// All of it is for the test's own goroutine: what is done takes place in the
// plan's order.
package world

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/test/fault/history"
	"github.com/posternhq/postern/test/fault/plan"
	"github.com/posternhq/postern/test/fault/sink"
	"github.com/posternhq/postern/test/harness"
)

// Platform is the name of the one platform.
const Platform = "hook"

// readyWithin bounds the start of all nodes, on a loaded machine.
const readyWithin = 60 * time.Second

// Setting is what a world is made of.
type Setting struct {
	Topology Topology
	Nodes    int
	Lease    time.Duration
	Program  harness.Program
	Sink     *sink.Sink
	Settings string // YAML of the platform, but name and url: "kind: webhook, idempotent: true"; $URL, if the kind has another field for it; its secrets are in files there
}

// World is one stage.
type World struct {
	Nodes  []*Node
	RDB    redis.UniversalClient // for the crowd and for looking on; it tries nothing again
	Stream string                // the outbound stream S
	Group  string                // its consumer group

	t       testing.TB
	setting Setting
	redis   server
	faults  []history.Fault
	open    map[plan.Fault]int // the place in faults of each that has not ended
	tenures tenures
}

// Node is one gateway process and its link to Redis.
type Node struct {
	*harness.Node
	Life int // how often it was started

	link    *redistest.Proxy // nil: straight to Redis
	configs [2]string        // paths; the second differs in what may differ
	config  int
}

// New brings everything up and returns when every node is ready.
func New(t testing.TB, s Setting) *World {
	t.Helper()
	names := envelope.NewNames("postern")
	w := &World{
		Stream: names.Outbound(Platform), Group: names.Group(Platform),
		t: t, setting: s, open: make(map[plan.Fault]int),
	}
	w.redis = startServer(t, s.Topology, w.Stream)
	w.RDB = w.redis.client()
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { w.tenures.watch(ctx, w.RDB, w.Stream) })
	t.Cleanup(func() {
		stop()
		watching.Wait()
		_ = w.RDB.Close()
	})
	for i := range s.Nodes {
		n := &Node{Node: s.Program.Node(t, fmt.Sprintf("gw-%d", i+1)), link: w.redis.link()}
		url := w.redis.url()
		if n.link != nil {
			url = n.link.URL()
		}
		for c := range n.configs {
			n.configs[c] = w.writeConfig(n, url, c)
		}
		w.Nodes = append(w.Nodes, n)
		n.start()
	}
	for _, n := range w.Nodes {
		n.AwaitReady(readyWithin)
	}
	return w
}

// slots is delivery.in_flight in a node's two configurations.
var slots = [2]int{64, 5}

func (w *World) writeConfig(n *Node, redisURL string, which int) string {
	w.t.Helper()
	settings := "url: " + strconv.Quote(w.setting.Sink.URL(n.ID)) + ", " + w.setting.Settings
	if strings.Contains(w.setting.Settings, "$URL") {
		settings = strings.ReplaceAll(w.setting.Settings, "$URL", w.setting.Sink.URL(n.ID))
	}
	text := fmt.Sprintf(`node: { id: %s }
redis: { url: %q }
http: { listen: %q }
delivery: { lease: %v, drain_timeout: 2s, in_flight: %d }
platforms:
  - { name: %s, %s }
`, n.ID, redisURL, n.Addr(), w.setting.Lease, slots[which], Platform, settings)
	path := filepath.Join(w.t.TempDir(), "postern.yaml")
	for name, secret := range map[string]string{"token": sink.Token, "slack-token": sink.SlackToken, "slack-secret": sink.SlackSecret} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(secret), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "discord-token"), []byte(sink.DiscordToken), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (n *Node) start() {
	n.ConfigPath = n.configs[n.config]
	n.Life++
	n.Start()
}

// Process names one life of the node.
func (n *Node) Process() string { return fmt.Sprintf("%s/%d", n.ID, n.Life) }

// Metrics is what the node says at /metrics; "" if it does not answer.
func (n *Node) Metrics() string {
	status, body, err := n.Get("/metrics")
	if err != nil || status != http.StatusOK {
		return ""
	}
	return body
}

// Unplanned is how often Redis failed over when no master was killed: its
// processes starved. What was acknowledged a moment before may be lost then.
func (w *World) Unplanned() int { return w.redis.unplanned() }

// Stage is what a plan may have happen here.
func (w *World) Stage(over time.Duration) plan.Stage {
	return StageOf(w.setting.Topology, w.setting.Nodes, over, w.setting.Lease)
}

// StageOf is the stage of a world before it is there.
func StageOf(t Topology, nodes int, over, lease time.Duration) plan.Stage {
	single := t == Single
	return plan.Stage{Nodes: nodes, Over: over, Lease: lease, Links: single, Clock: single, Alone: single, Replicas: !single}
}

// Faults is what was done so far, and from when to when.
func (w *World) Faults() []history.Fault { return append([]history.Fault(nil), w.faults...) }

// Tenures are the nodes that had the lease, one after the other.
func (w *World) Tenures() []history.Tenure { return w.tenures.seen() }

// Lapses are the leases that were lost though nothing was done to their owners.
// A machine that is quiet has none.
func (w *World) Lapses() []history.Fault { return w.tenures.lapses(w.faults, w.setting.Lease) }
