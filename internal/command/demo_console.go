package command

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"

	"golang.org/x/sync/errgroup"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/gateway"
	"github.com/posternhq/postern/internal/platform/console"
	"github.com/posternhq/postern/platform"
)

//go:embed demo_console.yaml
var consoleConfig []byte

const consoleBanner = `Type a line and press Enter: it goes through Postern to an echo worker and back.
Ctrl-C ends it, and with it this Redis, which lives in memory only.
From another terminal, send as any program would:

  redis-cli -p %s XADD %s '*' data '{"type":"message","channel_id":"lobby","text":"hello"}'

`

// demoOnConsole is the demo in one process and one terminal. It ends with a
// signal, or when the input has ended and what was typed is answered.
func demoOnConsole(a *app) (err error) {
	typed := make(chan struct{}) // closed when all the input is published
	kinds := []platform.Kind{console.Kind(console.Terminal{In: a.Stdin, Out: a.Stdout, AtEOF: func() { close(typed) }})}
	redis, err := bus.StartEmbedded()
	if err != nil {
		return err
	}
	defer redis.Close()
	cfg, _, err := config.Parse("demo_console.yaml", consoleConfig, []string{"POSTERN_REDIS_URL=" + redis.URL()}, kinds)
	if err != nil {
		return err
	}
	b, err := bus.Open(bus.Options{URL: redis.URL()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	g, err := gateway.New(gateway.Options{Config: cfg, Kinds: kinds, Log: a.logger(cfg.Log), Version: version()})
	if err != nil {
		return err
	}
	names := cfg.Names()
	stream := names.Outbound(cfg.Platforms[0].Name)
	_, port, err := net.SplitHostPort(redis.Addr())
	if err != nil {
		return fmt.Errorf("the embedded redis has no address: %w", err)
	}
	fmt.Fprintf(a.Stdout, consoleBanner, port, stream)

	// The node outlives the worker: what that sends is still delivered.
	nodeCtx, endNode := context.WithCancel(context.WithoutCancel(a.ctx))
	defer endNode()
	work, endWork := context.WithCancel(a.ctx)
	defer endWork()
	var group errgroup.Group
	group.Go(func() error {
		defer endWork() // a node that cannot go on ends the demo
		return a.runNode(nodeCtx, g)
	})
	group.Go(func() error {
		defer endNode()
		err := echo{client: b.Client(), names: names, stream: stream}.run(work, typed)
		if work.Err() != nil {
			return nil // asked to end
		}
		return err
	})
	return group.Wait()
}
