package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// one is a fleet's platform for one node.
func one(a platform.Adapter) map[string]platform.Adapter {
	return map[string]platform.Adapter{"chat": a}
}

func TestBootsWithoutRedisAndRecovers(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Stop()
	n := startNode(t, server.URL(), "n1", one(newFake()))
	if status, body := n.get("/healthz", ""); status != 200 || !strings.Contains(string(body), "ok") {
		t.Errorf("/healthz: %d, %s", status, body)
	}
	r := n.awaitReady("redis is named", func(r readiness) bool {
		return slices.ContainsFunc(r.Reasons, func(s string) bool { return strings.HasPrefix(s, "redis does not answer: ") })
	})
	if p := r.Platforms["chat"]; p.Ready || p.Role != outbound.RoleNone || p.Reason == "" {
		t.Errorf("the platform without redis: %+v", p)
	}
	server.Restart()
	r = n.awaitReady("ready", isReady)
	if got, want := r.Platforms["chat"], (platformReadiness{Ready: true, Role: outbound.RoleActive, State: platform.StateReady}); got != want {
		t.Errorf("the platform: %+v, want %+v", got, want)
	}
}

func TestReadyzAnswersWhileRedisHangs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	n := startNode(t, server.URL(), "n1", one(newFake()))
	n.awaitReady("ready", isReady)
	server.Pause()
	resumed := false
	defer func() {
		if !resumed {
			server.Resume()
		}
	}()
	n.awaitReady("not ready", func(r readiness) bool { return !r.Ready })
	if status, _ := n.get("/healthz", ""); status != 200 {
		t.Errorf("/healthz: %d", status)
	}
	server.Resume()
	resumed = true
	n.awaitReady("ready again", isReady)
}

func TestAConfigThatCannotWorkFailsAtOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	n := startNode(t, server.URL(), "n1", nil)
	cfg := testConfig(t, server.URL(), "n2", one(newFake()))
	for _, tt := range []struct {
		name   string
		change func(c *config.Config)
		want   string
	}{
		{"the address is taken", func(c *config.Config) { c.HTTP.Listen = n.Addr() }, "http.listen"},
		{"no such kind", func(c *config.Config) { c.Platforms = []config.Platform{{Name: "x", Kind: "none"}} }, `no platform of kind "none"`},
		{"the redis url", func(c *config.Config) { c.Redis.URL = config.NewSecret("http://u:hush@h/") }, "redis.url"},
		{"a name", func(c *config.Config) { c.Wire.InboundStream = "{x}" }, "wire.inbound_stream"},
	} {
		changed := *cfg
		tt.change(&changed)
		_, err := New(Options{Config: &changed, Kinds: []platform.Kind{kindOf(one(newFake()))}, Log: n.log})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v; want something about %s", tt.name, err, tt.want)
		}
	}
}

func TestRegistryEntry(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	n := startNode(t, server.URL(), "n1", map[string]platform.Adapter{"chat": newFake(), "hook": newFake()})
	key := "postern:node:n1"
	await(t, "the entry", func() bool { return client.Exists(t.Context(), key).Val() == 1 }, func() any { return nil })
	var entry bus.Node
	if err := json.Unmarshal([]byte(client.Get(t.Context(), key).Val()), &entry); err != nil {
		t.Fatal(err)
	}
	if entry.ID != "n1" || entry.Incarnation == "" || entry.HTTP != n.Addr() || entry.Version != "test" || entry.PID == 0 ||
		!slices.Equal(entry.Platforms, []string{"chat", "hook"}) || time.Since(entry.Started) > time.Minute {
		t.Errorf("the entry: %+v", entry)
	}
	if ttl := client.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > registryLasts {
		t.Errorf("it lasts for %v", ttl)
	}
	n.stop(nil)
	if err := n.ended(); err != nil {
		t.Fatal(err)
	}
	if client.Exists(t.Context(), key).Val() != 0 {
		t.Error("the entry is there after the stop")
	}
}

func TestANewerProcessReplacesAnOlder(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	older := startNode(t, server.URL(), "same", one(newFake()))
	older.awaitReady("the older is ready", isReady)
	start := time.Now()
	newer := startNode(t, server.URL(), "same", one(newFake()))
	newer.awaitReady("the newer is ready", isReady)
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("the newer one was delayed by %v", took)
	}
	if err := older.ended(); !errors.Is(err, bus.ErrReplaced) {
		t.Errorf("the older one's Run: %v", err)
	}
	newer.awaitReady("the newer is active", func(r readiness) bool { return r.Ready && r.Platforms["chat"].Role == outbound.RoleActive })
	var entry bus.Node
	if err := json.Unmarshal([]byte(server.Client().Get(t.Context(), "postern:node:same").Val()), &entry); err != nil || entry.HTTP != newer.Addr() {
		t.Errorf("the entry is %+v, %v; the older one took the newer one's along", entry, err)
	}
}

func TestDescriptionComesBackAfterAFlush(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	chat := newFake()
	n := startNode(t, server.URL(), "n1", one(chat), func(c *config.Config) { c.Delivery.BacklogCap = 77 })
	n.awaitReady("ready", isReady)
	check := func(when string) {
		t.Helper()
		var got map[string]string
		await(t, "the description "+when, func() bool {
			got = client.HGetAll(t.Context(), "postern:platform:chat").Val()
			return got["state"] == "ready"
		}, func() any { return got })
		var caps platform.Capabilities
		if err := json.Unmarshal([]byte(got["capabilities"]), &caps); err != nil || !caps.NativeKey {
			t.Errorf("%s: capabilities %q: %v", when, got["capabilities"], err)
		}
		var identity platform.Identity
		if err := json.Unmarshal([]byte(got["identity"]), &identity); err != nil || identity.UserID != "U1" {
			t.Errorf("%s: identity %q: %v", when, got["identity"], err)
		}
		if paused, ok := got["paused"]; got["kind"] != "fake" || got["backlog_cap"] != "77" || got["node"] != "n1" || got["epoch"] == "" || !ok || paused != "" {
			t.Errorf("%s: %v", when, got)
		}
	}
	check("at first")
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	check("after the flush")
	await(t, "the registry entry", func() bool { return client.Exists(t.Context(), "postern:node:n1").Val() == 1 }, func() any { return nil })
}

func TestRunDrainsAndReturnsNil(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	chat := newFake()
	finish := make(chan struct{})
	chat.onDo = func(context.Context) error { <-finish; return nil }
	n := startNode(t, server.URL(), "n1", one(chat))
	chat.await(t, "opened")
	publish(t, client, "chat", "hi")
	chat.await(t, "doing")
	n.stop(errors.New("a signal, say"))
	r := n.awaitReady("stopping", func(r readiness) bool { return slices.Contains(r.Reasons, "stopping") })
	if r.Ready {
		t.Error("ready while stopping")
	}
	select {
	case err := <-n.over:
		t.Fatalf("Run ended with an operation in flight: %v", err)
	case got := <-chat.journal:
		t.Fatalf("the adapter was %s with an operation in flight", got)
	default:
	}
	close(finish)
	if err := n.ended(); err != nil {
		t.Errorf("Run: %v", err)
	}
	chat.await(t, "closed")
	if left := client.XLen(t.Context(), "postern:outbound:chat").Val(); left != 0 {
		t.Errorf("%d entries are left", left)
	}
	if client.Exists(t.Context(), "{postern:outbound:chat}:lease").Val() != 0 {
		t.Error("the lease is still held")
	}
}

func TestAbortEndsAtOnce(t *testing.T) {
	t.Parallel()
	for _, draining := range []bool{true, false} {
		server := redistest.Start(t)
		chat := newFake()
		chat.onDo = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		n := startNode(t, server.URL(), "n1", one(chat), func(c *config.Config) { c.Delivery.DrainTimeout = time.Hour })
		chat.await(t, "opened")
		client := server.Client()
		publish(t, client, "chat", "hi")
		chat.await(t, "doing")
		if draining {
			n.stop(nil)
			n.awaitReady("stopping", func(r readiness) bool { return slices.Contains(r.Reasons, "stopping") })
		}
		start := time.Now()
		n.Abort()
		if err := n.ended(); err != nil {
			t.Errorf("draining %v: %v", draining, err)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("draining %v: it took %v", draining, took)
		}
		chat.await(t, "closed")
		if left := client.XLen(t.Context(), "postern:outbound:chat").Val(); left != 1 {
			t.Errorf("draining %v: %d entries are left; what was in flight is the next owner's", draining, left)
		}
	}
}
