// Command bench measures what needs whole nodes, each a process of its own, or
// a platform with limits:
//
//	go run ./test/bench [-only growth,takeover,fleets,sockets,schedule] [-json FILE]
//
// A node is this program again, as a postern whose platforms are in kind.go.
// The messages of a run, the backlog, sockets and channels can be fewer, to try
// it out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern"
	"github.com/posternhq/postern/internal/bench"
)

func main() {
	if os.Getenv(asNode) != "" {
		postern.Main(nodeKinds()...)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measurement is what to measure, and what came of it.
type measurement struct {
	runs     int
	messages int           // of one run
	backlog  int           // the greatest
	settle   time.Duration // for how long a node's memory is watched
	lease    time.Duration
	pages    int // sockets of web chat
	lasts    time.Duration
	channels int // of the schedule

	report *bench.Report
}

// group is some figures that are measured together.
type group struct {
	name string
	run  func(*measurement, context.Context) error
}

var groups = []group{
	{"growth", (*measurement).growth},
	{"takeover", (*measurement).takeOver},
	{"fleets", (*measurement).fleets},
	{"sockets", (*measurement).sockets},
	{"schedule", (*measurement).schedule},
}

func run(ctx context.Context) error {
	m := &measurement{}
	only := flag.String("only", "", "what to measure, with commas; empty = all")
	asJSON := flag.String("json", "", "a file for the rows as JSON")
	flag.IntVar(&m.runs, "runs", 3, "of each figure")
	flag.IntVar(&m.messages, "messages", 40_000, "that a run delivers, on each platform")
	flag.IntVar(&m.backlog, "backlog", 1_000_000, "entries that wait, at most")
	flag.DurationVar(&m.settle, "settle", 10*time.Second, "for how long a node's memory is watched, behind a backlog")
	flag.DurationVar(&m.lease, "lease", 5*time.Second, "of the nodes")
	flag.IntVar(&m.pages, "sockets", 2000, "pages of web chat; each says a message a second")
	flag.DurationVar(&m.lasts, "lasts", 20*time.Second, "how long they talk")
	flag.IntVar(&m.channels, "channels", 10_000, "that something is said in, in the schedule")
	flag.Parse()
	names := strings.Split(*only, ",")
	for _, name := range names {
		if *only != "" && !slices.ContainsFunc(groups, func(g group) bool { return g.name == name }) {
			return fmt.Errorf("-only %s: there is no such group", name)
		}
	}
	version, err := redisVersion(ctx)
	if err != nil {
		return err
	}
	m.report = &bench.Report{At: time.Now(), Machine: bench.ThisMachine(version)}
	for _, g := range groups {
		if *only == "" || slices.Contains(names, g.name) {
			fmt.Fprintln(os.Stderr, "measuring", g.name)
			if err := g.run(m, ctx); err != nil {
				return fmt.Errorf("%s: %w", g.name, err)
			}
		}
	}
	if *asJSON != "" {
		f, err := os.Create(*asJSON)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := m.report.WriteJSON(f); err != nil {
			return err
		}
	}
	return m.report.WriteMarkdown(os.Stdout)
}

func redisVersion(ctx context.Context) (string, error) {
	g, err := bench.OpenGround(ctx, "")
	if err != nil {
		return "", err
	}
	return g.Version, g.Close()
}
