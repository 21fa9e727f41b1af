package gateway

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/platform"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// node is a Gateway that runs until the test ends, or stop.
type node struct {
	*Gateway
	t    *testing.T
	stop context.CancelCauseFunc
	over chan error // what Run returned
}

// testConfig serves each of the adapters from one Redis.
func testConfig(t *testing.T, url, id string, adapters map[string]platform.Adapter) *config.Config {
	c := config.Default()
	c.Node.ID, c.Redis.URL, c.HTTP.Listen, c.Tools.Dir = id, config.NewSecret(url), "127.0.0.1:0", t.TempDir()
	c.Delivery.Lease, c.Delivery.DrainTimeout = 2*time.Second, 10*time.Second
	for name := range adapters {
		c.Platforms = append(c.Platforms, config.Platform{Name: name, Kind: "fake", OnUnknown: envelope.UnknownResend})
	}
	slices.SortFunc(c.Platforms, func(a, b config.Platform) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return c
}

func startNode(t *testing.T, url, id string, adapters map[string]platform.Adapter, change ...func(*config.Config)) *node {
	t.Helper()
	cfg := testConfig(t, url, id, adapters)
	for _, f := range change {
		f(cfg)
	}
	log := slog.New(slog.NewTextHandler(testLog{t}, nil)).With("at", id)
	g, err := New(Options{Config: cfg, Kinds: []platform.Kind{kindOf(adapters)}, Log: log, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(context.Background())
	n := &node{Gateway: g, t: t, stop: stop, over: make(chan error, 1)}
	ended := make(chan struct{})
	go func() { defer close(ended); n.over <- g.Run(ctx) }()
	t.Cleanup(func() { stop(nil); <-ended })
	return n
}

// ended waits for the end of Run and returns its error.
func (n *node) ended() error {
	n.t.Helper()
	select {
	case err := <-n.over:
		return err
	case <-time.After(patience):
		n.t.Fatal("Run does not end")
		return nil
	}
}

// get asks for a path, on a connection of its own.
func (n *node) get(path, authorization string) (status int, body []byte) {
	n.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	req, err := http.NewRequestWithContext(n.t.Context(), http.MethodGet, "http://"+n.Addr()+path, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := client.Do(req)
	if err != nil {
		n.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		n.t.Fatal(err)
	}
	return resp.StatusCode, body
}

// ready asks /readyz, which must answer within a second whatever happens.
func (n *node) ready() readiness {
	n.t.Helper()
	start := time.Now()
	status, body := n.get("/readyz", "")
	if took := time.Since(start); took > time.Second {
		n.t.Errorf("/readyz took %v", took)
	}
	var r readiness
	if err := json.Unmarshal(body, &r); err != nil {
		n.t.Fatalf("/readyz: %q: %v", body, err)
	}
	if want := map[bool]int{true: 200, false: 503}[r.Ready]; status != want || r.Ready != (len(r.Reasons) == 0) {
		n.t.Fatalf("/readyz: status %d with %s", status, body)
	}
	return r
}

// awaitReady waits until /readyz is as wanted.
func (n *node) awaitReady(what string, as func(readiness) bool) readiness {
	n.t.Helper()
	var last readiness
	await(n.t, what, func() bool { last = n.ready(); return as(last) }, func() any { return last })
	return last
}

func isReady(r readiness) bool { return r.Ready }

// await looks again and again until ok; it fails with what it last saw.
func await(t *testing.T, what string, ok func() bool, saw func() any) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("it never came: %s; last seen: %+v", what, saw())
		}
	}
}

// events reads the inbound stream.
type events struct {
	t      *testing.T
	client *redis.Client
	last   string
}

func readEvents(t *testing.T, client *redis.Client) *events {
	return &events{t: t, client: client, last: "0-0"}
}

// status waits for the next status events of a platform.
func (e *events) status(platformName string, want ...string) {
	e.t.Helper()
	for _, state := range want {
		got, err := e.client.XRead(e.t.Context(), &redis.XReadArgs{
			Streams: []string{"postern:inbound"}, ID: e.last, Count: 1, Block: patience,
		}).Result()
		if err != nil {
			e.t.Fatalf("no status event %s: %v", state, err)
		}
		e.last = got[0].Messages[0].ID
		event, err := envelope.DecodeEvent([]byte(got[0].Messages[0].Values["data"].(string)))
		if err != nil {
			e.t.Fatal(err)
		}
		if event.Event != envelope.EventStatus || event.Platform != platformName || event.State != state {
			e.t.Fatalf("event %s of %s, state %q; want status %s of %s", event.Event, event.Platform, event.State, state, platformName)
		}
	}
}

// publish adds a message to a platform's stream.
func publish(t *testing.T, client *redis.Client, platformName, text string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"type": "message", "channel_id": "c", "text": text})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: "postern:outbound:" + platformName, Values: []any{"data", data}}).Err(); err != nil {
		t.Fatal(err)
	}
}

// testLog sends a log to the test, until it has ended.
type testLog struct{ t *testing.T }

func (w testLog) Write(p []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(string(p[:len(p)-1]))
	}
	return len(p), nil
}
