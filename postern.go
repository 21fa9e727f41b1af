// Package postern builds a gateway binary with adapters of one's own:
//
//	package main
//
//	func main() { postern.Main(mychat.Kind()) }
//
// is the whole of cmd/postern with one platform, mychat, in it.
package postern

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/posternhq/postern/internal/command"
	"github.com/posternhq/postern/platform"
)

// Main runs the command line with these kinds of platform and ends the
// process: status 0 done, 1 failed, 2 usage or config wrong. SIGINT and
// SIGTERM end a command in order, a second one at once.
func Main(kinds ...platform.Kind) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	program, _ := os.Executable() // only the demo needs it, and says so
	os.Exit(command.Run(context.Background(), command.Env{
		Args:    os.Args[1:],
		Environ: os.Environ(),
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Kinds:   kinds,
		Program: program,
		Signals: signals,
	}))
}
