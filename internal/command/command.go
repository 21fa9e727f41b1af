// Package command is the command line: one file per command. Nothing in it
// reads the process's own arguments, streams or environment, which come in an
// Env, so that a test runs a command as a user does.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/platform"
)

// Exit statuses.
const (
	ExitDone   = 0
	ExitFailed = 1
	ExitUsage  = 2 // the command line or the config is wrong
)

// Env is what a command has of its process.
type Env struct {
	Args    []string // without the program's name
	Environ []string // NAME=value
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Kinds   []platform.Kind

	// Program is the file of this program, for a command that runs it again as
	// another process. A test's own program must not be: it would run the tests.
	Program string

	// Signals asks for an end: the first in order, a second at once.
	Signals <-chan os.Signal
}

// commandLine is every command and flag.
type commandLine struct {
	Config  string           `short:"c" default:"postern.yaml" placeholder:"FILE" help:"The config to read (${default})."`
	Version kong.VersionFlag `help:"Print the version and end."`

	Demo   demoCommand    `cmd:"" help:"Try it out, with nothing to install: in-memory Redis, gateway, web chat, an echo worker."`
	Serve  serveCommand   `cmd:"" help:"Run a gateway node."`
	Init   initCommand    `cmd:"" help:"Write a commented config."`
	Check  checkCommand   `cmd:"" help:"Say what is right and wrong with the config and its Redis, and what to do."`
	Send   sendCommand    `cmd:"" help:"Publish one envelope."`
	Call   callCommand    `cmd:"" help:"Call one RPC method of a platform."`
	Tail   tailCommand    `cmd:"" help:"Follow what comes in, what is finished and what is dead."`
	Status statusCommand  `cmd:"" help:"Show nodes and platforms."`
	Pause  pauseCommand   `cmd:"" help:"Stop delivering to a platform; what is published waits."`
	Resume resumeCommand  `cmd:"" help:"Deliver to a platform again."`
	Dead   deadCommands   `cmd:"" help:"Dead letters: what can never be delivered as it stands."`
	Parked parkedCommands `cmd:"" help:"Parked records: what may have been delivered, for a person to decide."`
	Tools  toolsCommands  `cmd:"" help:"The tools that workers may execute."`
	Bench  benchCommand   `cmd:"" help:"Measure this machine: throughput, latency, memory, beside a plain loop."`

	DemoTool demoToolCommand `cmd:"" hidden:"" help:"The demo's own tool: an MCP server on standard input and output."`
}

// Both fail a command that has already said why.
var (
	errReported      = errors.New("reported")
	errMisconfigured = errors.New("the config is wrong, as reported")
)

// usageError is a command line that parses and yet asks for something wrong.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...)}
}

// Run runs one command and returns the exit status. It ends early with ctx or
// the first signal.
func Run(ctx context.Context, env Env) int {
	var line commandLine
	ended := -1 // by --help or --version, which have printed what was asked for
	parser, err := newParser(&line, env, func(code int) { ended = code })
	if err != nil {
		fmt.Fprintln(env.Stderr, "postern:", err)
		return ExitFailed
	}
	for i, arg := range env.Args {
		if !utf8.ValidString(arg) { // it would be changed on its way without a word
			fmt.Fprintf(env.Stderr, "postern: argument %d, %.40q, is not UTF-8: convert it first, for instance with iconv\n", i+1, arg)
			return ExitUsage
		}
	}
	if len(env.Args) > 0 && env.Args[0] == "help" { // as users of other programs say it
		env.Args = append(slices.Clone(env.Args[1:]), "--help")
	}
	parsed, err := parser.Parse(env.Args)
	if ended >= 0 {
		return ended
	}
	if err != nil {
		fmt.Fprintf(env.Stderr, "postern: %v; see \"postern --help\"\n", err)
		return ExitUsage
	}
	a := newApp(ctx, env, line.Config)
	defer a.close()
	return a.report(parsed.Run(a))
}

func newParser(line *commandLine, env Env, exit func(code int)) (*kong.Kong, error) {
	return kong.New(line,
		kong.Name("postern"),
		kong.Description("Messages from Redis streams to chat platforms and back: nothing lost, once in effect, in order."),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Vars{"version": version()},
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
}

// report tells why a command failed and returns its exit status.
func (a *app) report(err error) int {
	var wrong config.Errors
	var usage usageError
	switch {
	case err == nil:
		return ExitDone
	case errors.Is(err, errReported):
		return ExitFailed
	case errors.Is(err, errMisconfigured):
		return ExitUsage
	case errors.As(err, &wrong):
		fmt.Fprintln(a.Stderr, err)
		return ExitUsage
	case errors.As(err, &usage):
		fmt.Fprintln(a.Stderr, "postern:", err)
		return ExitUsage
	case a.ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(a.Stderr, "postern: stopped")
		return ExitFailed
	}
	fmt.Fprintln(a.Stderr, "postern:", err)
	return ExitFailed
}

// version is the module's, as the build recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
