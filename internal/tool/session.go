package tool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/schema"
)

// protocolVersion is what we open with. The handshake that it has, initialize
// first, is answered by every MCP server on stdio, small hand-written ones
// included; later ones negotiate.
const protocolVersion = "2025-11-25"

// maxTools bounds what one server may offer.
const maxTools = 512

// maxLine is the longest line of a server's output that is read, in bytes. A
// result may be twice as long on the wire as we count it: text escaped, and
// repeated as structured content.
func maxLine(maxOutput int) int { return 2*maxOutput + 64<<10 }

// session is one life of a server: its process, the MCP session with it, and
// the tools it offered at its start.
type session struct {
	process *process
	client  *mcp.ClientSession
	tools   []Tool
	faults  []error // tools that it offered and that cannot be used
}

// startSession starts a tool file and learns its tools. ctx bounds the start
// only; after an error nothing of it is left running.
func startSession(ctx context.Context, cfg Config, file string) (*session, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("finding its directory: %w", err)
	}
	log := cfg.Log.With("server", file)
	p, err := startProcess(filepath.Join(dir, file), dir, cfg.Grace, log)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.StartTimeout, fmt.Errorf("it did not answer within %s of its start", cfg.StartTimeout))
	defer cancel()
	// A write to a server that does not read heeds no context: ending the
	// process is what unblocks it.
	defer context.AfterFunc(ctx, func() { p.end(context.Cause(ctx)) })()

	s := &session{process: p}
	if err = s.open(ctx, cfg, log); err == nil {
		err = s.learn(ctx, file)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, s.abandon(err)
	}
	return s, nil
}

func (s *session) open(ctx context.Context, cfg Config, log *slog.Logger) error {
	client := mcp.NewClient(&mcp.Implementation{Name: "postern", Version: "1"}, &mcp.ClientOptions{
		Logger:       log,
		Capabilities: &mcp.ClientCapabilities{},
	})
	transport := &mcp.IOTransport{
		Reader:        newOutput(s.process, maxLine(cfg.MaxOutput)),
		Writer:        s.process.stdin,
		MaxLineLength: -1, // output has the limit
	}
	var err error
	s.client, err = client.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: protocolVersion})
	if err != nil {
		return fmt.Errorf("opening an MCP session: %w", err)
	}
	go func() {
		// Ends with the connection, which ends with the process.
		s.lost(s.client.Wait())
	}()
	return nil
}

func (s *session) learn(ctx context.Context, file string) error {
	for offered, err := range s.client.Tools(ctx, nil) {
		if err != nil {
			return fmt.Errorf("listing its tools: %w", err)
		}
		if len(s.tools)+len(s.faults) == maxTools {
			return fmt.Errorf("it offers more than %d tools", maxTools)
		}
		t, err := toolFrom(offered, file)
		if err != nil {
			s.faults = append(s.faults, err)
			continue
		}
		s.tools = append(s.tools, t)
	}
	return nil
}

func toolFrom(offered *mcp.Tool, file string) (Tool, error) {
	if offered.Name == "" {
		return Tool{}, errors.New("offers a tool without a name")
	}
	arguments, err := schema.Compile(offered.InputSchema)
	if err != nil {
		return Tool{}, fmt.Errorf("tool %q: its inputSchema: %w", offered.Name, err)
	}
	t := Tool{
		Name:        offered.Name,
		Description: offered.Description,
		InputSchema: arguments.Source(),
		SchemaHash:  arguments.Hash(),
		Server:      file,
		arguments:   arguments,
	}
	if a := offered.Annotations; a != nil {
		t.ReadOnly, t.Idempotent = a.ReadOnlyHint, a.IdempotentHint
	}
	return t, nil
}

// abandon ends a session whose start failed with err, and returns the reason
// that says most: why the process ended, if it did so by itself.
func (s *session) abandon(err error) error {
	if !s.process.running() {
		err = s.process.epitaph()
	}
	s.close(err)
	return err
}

// lost sees to the end of a process that can no longer be talked to, for the
// error that showed it. An earlier cause stands.
func (s *session) lost(err error) {
	silent := err == nil || errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EPIPE)
	if !silent && s.process.running() {
		s.process.end(fmt.Errorf("it broke the protocol: %w", err))
	}
	s.process.hungUp()
}

// close ends the process group for a cause and waits until it is gone, and
// all that we started for it.
func (s *session) close(cause error) {
	s.process.end(cause)
	<-s.process.gone
	if s.client != nil {
		_ = s.client.Close() // it is closed already; this waits for its goroutines
	}
}

// errCrossfire is the cause of an end that a call under way has no part in.
type errCrossfire struct{ why string }

func (e errCrossfire) Error() string { return e.why }

// call runs one tool. When ctx ends first, the process group is ended too and
// the call returns at once.
func (s *session) call(ctx context.Context, cfg Config, name string, arguments map[string]any) (map[string]any, *envelope.Error) {
	giveUp := func() { s.process.end(errCrossfire{"another call of it ran over its time"}) }
	defer context.AfterFunc(ctx, giveUp)() // for a write that is stuck
	answer, err := s.client.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: arguments})
	if err == nil {
		return resultOf(name, answer, cfg.MaxOutput)
	}
	if ctx.Err() != nil {
		giveUp() // the AfterFunc may have been stopped before it began
		return nil, outOfTime(ctx, fmt.Sprintf("tool %s: the call", name))
	}
	if _, refused := errors.AsType[*jsonrpc.Error](err); refused && s.process.running() {
		return nil, &envelope.Error{Code: envelope.CodeToolError, Message: fmt.Sprintf("tool %s: %v", name, err)}
	}
	s.lost(err)
	epitaph := s.process.epitaph()
	if errors.Is(epitaph, errTooLong) {
		return nil, tooLarge(name, cfg.MaxOutput)
	}
	code := envelope.CodeToolError
	if _, ok := errors.AsType[errCrossfire](epitaph); ok {
		code = envelope.CodeInterrupted
	}
	return nil, &envelope.Error{
		Code:    code,
		Message: fmt.Sprintf("tool %s: its server ended during the call, which may have had its effect: %v", name, epitaph),
	}
}

// outOfTime is the error for what a context ended.
func outOfTime(ctx context.Context, what string) *envelope.Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &envelope.Error{Code: envelope.CodeTimeout, Message: what + " ran over its time and was ended"}
	}
	return &envelope.Error{Code: envelope.CodeInterrupted, Message: what + " was called off"}
}
