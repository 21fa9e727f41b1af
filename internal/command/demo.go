package command

import (
	"errors"
	"io"
	"os"
	"slices"

	"github.com/posternhq/postern/internal/demo"
	"github.com/posternhq/postern/platform"
)

type demoCommand struct {
	Listen  string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where the page is (${default}); another port if that is taken."`
	Console bool   `help:"Use this terminal as the platform instead of a page: each line typed is echoed; it ends with the input."`
}

// Run is all of Postern, with nothing to install, until a signal ends it.
func (c *demoCommand) Run(a *app) error {
	if c.Console {
		return demoOnConsole(a)
	}
	if !slices.ContainsFunc(a.Kinds, func(k platform.Kind) bool { return k.Name == "webchat" }) {
		return usagef("this program has no web chat in it: postern demo --console needs none")
	}
	if a.Program == "" {
		return errors.New("this program's own file, which is to run as the gateway, is not known: postern demo --console needs none")
	}
	return demo.Run(a.ctx, demo.Options{
		Listen: c.Listen, Program: a.Program, Environ: a.Environ, Out: a.Stdout, Bold: a.bold(),
	})
}

// bold reports whether the output is a terminal and may show bold text, see
// https://no-color.org.
func (a *app) bold() bool {
	return isTerminal(a.Stdout) && !slices.ContainsFunc(a.Environ, func(kv string) bool {
		return len(kv) > len("NO_COLOR=") && kv[:len("NO_COLOR=")] == "NO_COLOR=" || kv == "TERM=dumb"
	})
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// demoToolCommand is what the demo's gateway runs as its tool.
type demoToolCommand struct{}

func (demoToolCommand) Run(a *app) error { return demo.ServeTool(a.ctx) }
