package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/child"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/test/fault/history"
	"github.com/posternhq/postern/test/fault/sink"
	"github.com/posternhq/postern/test/fault/worker"
	"github.com/posternhq/postern/test/harness"
)

const lease = time.Second

// nature is one kind of platform, and what is promised on it.
type nature struct {
	name    string
	config  string // the rest of its line in the config
	keys    sink.Keys
	promise history.Promise
	profile worker.Profile
}

func natures() []nature {
	all := worker.Everything(true)
	flat := worker.Everything(false)
	flat.Calls = false
	none := "kind: fault, key: none, parts: true, on_unknown: "
	return []nature{
		{"native", "kind: fault, key: native, parts: true, lease_bound: true", sink.Keys{Honoured: true}, history.Promise{NativeKey: true}, all},
		{
			"window", "kind: fault, key: window, window: 1m, parts: true",
			sink.Keys{Honoured: true, Window: time.Minute},
			history.Promise{NativeKey: true, Window: time.Minute},
			all,
		},
		{
			"readback", "kind: fault, key: readback, lag: 200ms, parts: true",
			sink.Keys{Lag: 200 * time.Millisecond},
			history.Promise{ReadBack: true},
			all,
		},
		{"park", none + "park", sink.Keys{}, history.Promise{OnUnknown: "park"}, all},
		{"resend", none + "resend", sink.Keys{}, history.Promise{OnUnknown: "resend"}, all},
		{"hook", "kind: webhook, timeout: 2s", sink.Keys{Honoured: true}, history.Promise{NativeKey: true}, flat},
		{"deaf", "kind: webhook, timeout: 2s, idempotent: false, on_unknown: park", sink.Keys{}, history.Promise{OnUnknown: "park"}, flat},
	}
}

// TestEveryNature: a crowd on a platform of every nature, each of which loses
// answers, answers late, refuses, fails and hangs, and one kill -9 in the
// middle. The checker finds nothing.
func TestEveryNature(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "gateway")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), harness.GoEnv...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server := redistest.Start(t)
	all := natures()
	sinks := make([]*sink.Sink, len(all))
	config := fmt.Sprintf("node: { id: n1 }\nredis: { url: %q }\nhttp: { listen: \"127.0.0.1:0\" }\ndelivery: { lease: %v }\nplatforms:\n", server.URL(), lease)
	for i, n := range all {
		s, err := sink.Start(n.keys)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		sinks[i] = s
		config += fmt.Sprintf("  - { name: %s, url: %q, %s }\n", n.name, s.URL("n1"), n.config)
	}
	file := filepath.Join(t.TempDir(), "postern.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = log.Close()
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			lines := strings.Split(string(text), "\n")
			t.Log("the end of the gateway's log:\n" + strings.Join(lines[max(0, len(lines)-30):], "\n"))
		}
	})
	serve := func() *child.Process {
		cmd := exec.Command(program, "serve", "--config", file)
		cmd.Stdout, cmd.Stderr = log, log
		p, err := child.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	node := serve()
	t.Cleanup(func() { node.Kill() })

	names := envelope.NewNames("postern")
	crowds := make([]*worker.Crowd, len(all))
	said := make(chan error, len(all))
	for i, n := range all {
		o := server.Client().Options()
		o.MaxRetries = -1
		client := redis.NewClient(o)
		t.Cleanup(func() { _ = client.Close() })
		crowds[i] = worker.New(worker.Config{
			Redis: client, Stream: names.Outbound(n.name), Group: names.Group(n.name), Seed: uint64(i), Envelopes: 150, Profile: n.profile,
		})
		go func() { said <- crowds[i].Run(t.Context()) }()
		for j, kind := range []sink.Kind{sink.Lose, sink.Drop, sink.Delay, sink.Limit, sink.Fail, sink.Unavailable, sink.Breathe, sink.Hang} {
			sinks[i].Inject(sink.Fault{Kind: kind, Times: 2, Wait: time.Second, Form: sink.Forms()[(i+j)%5], Taken: j%2 == 0})
		}
	}
	for range all {
		if err := <-said; err != nil {
			t.Fatal(err)
		}
	}
	killed := time.Now()
	node.Kill()
	node = serve()
	for i, n := range all {
		t.Run(n.name, func(t *testing.T) {
			var left []string
			harness.Await(t, 2*time.Minute, "the stream is empty", func() (bool, string) {
				var err error
				left, err = crowds[i].Left(t.Context())
				if err == nil {
					err = crowds[i].Listen(t.Context())
				}
				return err == nil && len(left) == 0, fmt.Sprintf("%d entries are left, %v", len(left), err)
			})
			h := history.History{
				Seen: sinks[i].Seen(), Held: sinks[i].Held(),
				Faults: []history.Fault{{Kind: history.Killed, Node: "n1", From: killed}},
			}
			if err := crowds[i].Gather(context.WithoutCancel(t.Context()), &h); err != nil {
				t.Fatal(err)
			}
			n.promise.Lease = lease
			r := history.Check(h, n.promise)
			for _, v := range r.Broken[:min(5, len(r.Broken))] {
				t.Error(v)
			}
			t.Logf("%d broken; %+v; faults met: %v", len(r.Broken), r.Tally, sinks[i].Met())
		})
	}
}
