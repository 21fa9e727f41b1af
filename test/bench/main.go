// Command bench measures how close the engine's schedule comes to what a
// platform's published limits allow.
//
//	go run ./test/bench [-channels 10000] [-json FILE]
//
// A simulated platform enforces the limits, answers after 100 ms, and refuses
// with a 429 what is beyond them; its adapter keeps to what was published, or
// announced in an answer, as ours do. All is published at once: messages to
// 10,000 channels, some of them bursts; in a second run a few channels are
// flooded and a few fail. Two platforms, each with and without: four engines
// beside each other, which sleep most of the time.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/posternhq/postern/internal/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	channels := flag.Int("channels", 10_000, "channels that something is said in")
	asJSON := flag.String("json", "", "a file for the rows as JSON")
	flag.Parse()
	ground, err := bench.OpenGround(ctx, "")
	if err != nil {
		return err
	}
	defer ground.Close()
	var scenes []*scene
	for _, p := range platforms {
		for _, trouble := range []bool{false, true} {
			scenes = append(scenes, newScene(p, trouble, *channels))
		}
	}
	errs := make([]error, len(scenes))
	var wait sync.WaitGroup
	for i, s := range scenes {
		wait.Go(func() { errs[i] = s.play(ctx, ground) })
	}
	wait.Wait()
	r := &bench.Report{At: time.Now(), Machine: bench.ThisMachine(ground.Version)}
	for i, s := range scenes {
		if errs[i] != nil {
			return fmt.Errorf("%s: %w", s.name(), errs[i])
		}
		var calm *scene
		if s.trouble {
			calm = scenes[i-1]
		}
		s.tell(r, calm)
	}
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
	return r.WriteMarkdown(os.Stdout)
}
