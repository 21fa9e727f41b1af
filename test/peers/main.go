// Command peers runs Postern and its peers side by side on one Redis, with the
// same handler that does nothing, and says how fast each is and what it keeps.
//
// Each run is a process of its own; the runs of all are interleaved, so that a
// machine which is slow for a while is so for everybody.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// task is what a child process is to do.
type task struct {
	Peer      string
	URL       string
	Namespace string
	Messages  int
	Idle      bool // they come one by one: how long does each take?
}

// result is what it came to.
type result struct {
	bench.Cost
	P50, P99 time.Duration // of an idle run
}

// childTask is the variable that makes this program one.
const childTask = "POSTERN_PEERS_TASK"

func run(ctx context.Context) error {
	if text := os.Getenv(childTask); text != "" {
		return runChild(ctx, text)
	}
	n := flag.Int("n", 50_000, "messages that each drains")
	slow := flag.Int("slow", 20_000, "messages for those that manage few thousand a second")
	size := flag.Int("size", 200, "bytes of an envelope")
	lanes := flag.Int("lanes", 1000, "conversations")
	runs := flag.Int("runs", 5, "runs of each, interleaved")
	idle := flag.Int("idle", 300, "messages of a latency run, one each 10 ms; 0 = none")
	only := flag.String("only", "", "names of those to run, with commas; empty = all")
	asJSON := flag.String("json", "", "a file for the rows as JSON")
	flag.Parse()
	ground, err := bench.OpenGround(ctx, "")
	if err != nil {
		return err
	}
	defer ground.Close()
	t := &table{ground: ground, load: bench.Load{Lanes: *lanes, Bytes: *size, Encoding: envelope.MessagePack}}
	for _, p := range peers {
		if *only == "" || slices.Contains(strings.Split(*only, ","), p.name) {
			t.peers = append(t.peers, p)
		}
	}
	for range *runs {
		for _, p := range t.peers {
			many := *n
			if p.slow {
				many = min(many, *slow)
			}
			if err := t.drain(ctx, p, many); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			if *idle > 0 {
				if err := t.idle(ctx, p, *idle); err != nil {
					return fmt.Errorf("%s, idle: %w", p.name, err)
				}
			}
		}
	}
	r := t.report()
	if *asJSON != "" {
		f, err := os.Create(*asJSON)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := r.WriteJSON(f); err != nil {
			return err
		}
	}
	if err := r.WriteMarkdown(os.Stdout); err != nil {
		return err
	}
	return writePromises(os.Stdout, t.peers)
}

// start runs a child; out is what it prints.
func start(ctx context.Context, p peer, todo task, out *bytes.Buffer) (*exec.Cmd, error) {
	text, err := json.Marshal(todo)
	if err != nil {
		return nil, err
	}
	program, args := os.Args[0], []string{}
	if p.python {
		program, args = "/usr/bin/python3", []string{"-c", consumerPy}
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), childTask+"="+string(text))
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	return cmd, cmd.Start()
}

// runChild does what a child is to do and prints what it came to.
func runChild(ctx context.Context, text string) error {
	var todo task
	if err := json.Unmarshal([]byte(text), &todo); err != nil {
		return err
	}
	at := slices.IndexFunc(peers, func(p peer) bool { return p.name == todo.Peer })
	if at < 0 {
		return fmt.Errorf("no peer is called %q", todo.Peer)
	}
	ground, err := bench.JoinGround(ctx, todo.URL, todo.Namespace)
	if err != nil {
		return err
	}
	debug.SetGCPercent(400) // as a node of ours does while little waits
	var handle handler
	if todo.Idle {
		handle.took = make(chan time.Duration, todo.Messages)
	}
	cost, err := ground.Measure(ctx, func() error { return peers[at].consume(ctx, ground, todo.Messages, handle.handle) })
	if err != nil {
		return err
	}
	r := result{Cost: cost}
	if todo.Idle {
		close(handle.took)
		var all []time.Duration
		for d := range handle.took {
			all = append(all, d)
		}
		r.P50, r.P99 = bench.Percentile(all, 0.50), bench.Percentile(all, 0.99)
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// handler does nothing, but in an idle run it notes how old a message is.
type handler struct{ took chan time.Duration }

func (h handler) handle(data []byte) {
	if h.took == nil {
		return
	}
	if at, ok := bench.Stamped(data); ok {
		select {
		case h.took <- time.Since(at):
		default: // a redelivery
		}
	}
}
