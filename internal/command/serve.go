package command

import (
	"context"
	"errors"
	"io"

	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/gateway"
)

type serveCommand struct {
	UntilEOF bool `name:"until-eof" help:"End with standard input too: for a parent process whose pipe it is, so that the node never outlives it."`
}

// errAborted says that a second signal came before the node had drained.
var errAborted = errors.New("stopped at once by a second signal; what was in flight is left to the next owner")

// Run serves until the first signal, then drains; a second signal ends that.
func (c *serveCommand) Run(a *app) error {
	cfg, err := a.loaded(config.Load(a.configPath, a.Environ, a.Kinds))
	if err != nil {
		return err
	}
	g, err := gateway.New(gateway.Options{Config: cfg, Kinds: a.Kinds, Log: a.logger(cfg.Log), Version: version()})
	if err != nil {
		return err
	}
	frugal(a.Environ)
	ctx := a.ctx
	if c.UntilEOF {
		ctx = untilEOF(ctx, a.Stdin)
	}
	return a.runNode(ctx, g)
}

// untilEOF returns a context that ends with in, too. Nothing can end a read of
// a pipe that stays open: that read is left to the end of the process.
func untilEOF(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	return ctx
}

// runNode runs a node until ctx ends and it has drained, or until the second
// signal.
func (a *app) runNode(ctx context.Context, g *gateway.Gateway) error {
	disarm := context.AfterFunc(a.abort, g.Abort)
	defer disarm()
	err := g.Run(ctx)
	if a.abort.Err() != nil {
		return errors.Join(errAborted, err)
	}
	return err
}
