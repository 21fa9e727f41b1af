package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bench"
	"github.com/posternhq/postern/internal/child"
)

// node is a whole node in a process of its own: this program, as a postern.
type node struct {
	id     string
	listen string // host:port
	dir    string
	proc   *child.Process
}

// setting is what a node is configured with.
type setting struct {
	ground    *bench.Ground
	platforms []string // of the kind noop
	parts     int      // of each message there; 0 = 1
	lease     time.Duration
	more      string // YAML of further platforms
}

// serve starts a node and waits until it is ready. The caller ends it.
func serve(ctx context.Context, id string, s setting) (*node, error) {
	n := &node{id: id}
	err := n.configure(s)
	if err == nil {
		err = n.start()
	}
	if err == nil {
		err = n.awaitReady(ctx)
	}
	if err != nil {
		n.end()
		return nil, fmt.Errorf("node %s: %w", id, err)
	}
	return n, nil
}

func (n *node) configure(s setting) (err error) {
	if n.dir, err = os.MkdirTemp("", "postern-bench-node-"); err != nil {
		return err
	}
	port, err := child.FreePort()
	if err != nil {
		return err
	}
	n.listen = fmt.Sprintf("127.0.0.1:%d", port)
	var text strings.Builder
	fmt.Fprintf(&text, `node: { id: %s }
redis: { url: %q }
http: { listen: %q }
wire: { namespace: %s }
log: { level: error }
delivery: { lease: %v, in_flight: 256, spread_after: 1s }
platforms:
`, n.id, s.ground.URL, n.listen, s.ground.Namespace, s.lease)
	for _, name := range s.platforms {
		fmt.Fprintf(&text, "  - { name: %s, kind: noop, node: %s, parts: %d }\n", name, n.id, max(1, s.parts))
	}
	text.WriteString(s.more)
	return os.WriteFile(filepath.Join(n.dir, "postern.yaml"), []byte(text.String()), 0o600)
}

// start starts the process and returns at once.
func (n *node) start() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(program, "serve", "--config", filepath.Join(n.dir, "postern.yaml"))
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "POSTERN_") { // a developer's own settings
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, asNode+"=1")
	cmd.Dir, cmd.Stdout, cmd.Stderr = n.dir, os.Stderr, os.Stderr
	n.proc, err = child.Start(cmd)
	return err
}

func (n *node) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return child.Until(ctx, "it is ready", func() error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.listen+"/readyz", nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return errors.New(answer.Status)
		}
		return nil
	})
}

// end kills the process and removes what it was configured with.
func (n *node) end() {
	if n == nil {
		return
	}
	if n.proc != nil {
		n.proc.Kill()
	}
	_ = os.RemoveAll(n.dir)
}

// terminate asks the process to end in order, and waits for it.
func (n *node) terminate() error {
	if err := n.proc.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if status := n.proc.ExitCode(); status != 0 {
		return fmt.Errorf("%s ended with status %d", n.id, status)
	}
	return nil
}

// holder is who has a platform's lease; "" = nobody.
func holder(ctx context.Context, g *bench.Ground, name string) string {
	id, _ := g.Client.HGet(ctx, envelope.Beside(g.Names().Outbound(name), "lease"), "node").Result() // no lease is an error
	return id
}
