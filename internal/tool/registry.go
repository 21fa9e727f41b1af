package tool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/schema"
	"github.com/posternhq/postern/internal/suggest"
)

// Registry is the tools of one directory. Making one reads and starts nothing:
// its catalog is built at the first List, Find or Execute, once for all that
// ask meanwhile, and again by the next one after a build that failed. Its
// methods are safe for concurrent use.
type Registry struct {
	cfg  Config
	life context.Context // ends at Close
	kill context.CancelCauseFunc

	mu       sync.Mutex
	building *build   // nil: not begun, or the last one failed
	problems []string // of the last build that ended
	closed   chan struct{}
}

// build is one making of the catalog, shared by all who wait for it. catalog
// and err are read after done.
type build struct {
	done    chan struct{}
	catalog *catalog
	err     error
}

// New returns a registry of cfg.Dir.
func New(cfg Config) *Registry {
	r := &Registry{cfg: cfg.withDefaults()}
	r.life, r.kill = context.WithCancelCause(context.Background())
	return r
}

// List returns every tool, by name. An error says why no tool could be loaded.
func (r *Registry) List(ctx context.Context) ([]Tool, error) {
	c, err := r.catalog(ctx)
	if err != nil {
		return nil, err
	}
	tools := []Tool{}
	for _, name := range c.names() {
		t, ok, err := c.byName[name].find(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("listing tools: %w", err)
		}
		if ok {
			tools = append(tools, t)
		}
	}
	return tools, nil
}

// Find returns one tool. An error is an *envelope.Error: not_found, or why no
// tool could be loaded.
func (r *Registry) Find(ctx context.Context, name string) (Tool, error) {
	_, t, fault := r.find(ctx, name)
	if fault != nil {
		return Tool{}, fault
	}
	return t, nil
}

// Execute calls a tool with arguments, and returns its result as a plain
// value: {content, structured, is_error: false}. schemaHash, if not "", is the
// hash of the schema that the arguments were made for; if the tool has another
// by now, the error is catalog_stale and nothing ran.
//
// The call ends with ctx or after the configured timeout. Its server's process
// group is then ended too, and with it that server's other calls
// (interrupted).
func (r *Registry) Execute(ctx context.Context, name string, arguments map[string]any, schemaHash string) (any, *envelope.Error) {
	s, _, fault := r.find(ctx, name)
	if fault != nil {
		return nil, fault
	}
	running, err := s.ready(ctx)
	if err != nil {
		return nil, unavailable(ctx, err)
	}
	// Looked up again: a server that was started again may offer it changed.
	t, ok, err := s.find(ctx, name)
	if err != nil {
		return nil, unavailable(ctx, err)
	}
	if !ok {
		return nil, &envelope.Error{Code: envelope.CodeNotFound, Field: "name", Message: fmt.Sprintf("tool %s is no longer offered by %s", name, s.file)}
	}
	if schemaHash != "" && schemaHash != t.SchemaHash {
		return nil, &envelope.Error{
			Code: envelope.CodeCatalogStale, Field: "schema_hash",
			Message: fmt.Sprintf("tool %s has the schema %s now, the call was made for %s: list the tools again", name, t.SchemaHash, clipHash(schemaHash)),
		}
	}
	plain, err := schema.PlainObject(arguments)
	if err != nil {
		return nil, &envelope.Error{Code: envelope.CodeInvalid, Field: "arguments", Message: err.Error()}
	}
	if fault := t.arguments.Check(plain, "arguments"); fault != nil {
		return nil, fault
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	result, fault := running.call(ctx, r.cfg, name, plain)
	if fault != nil {
		return nil, fault
	}
	return result, nil
}

// Problems says, a line each, what the last build did not load and why.
func (r *Registry) Problems() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.problems)
}

// Close ends every process group that the registry started, and waits until
// they are gone, or until ctx ends; they go on ending then. Calls under way
// are interrupted. After it the registry stays shut. It may be called again.
// Where nothing runs, an ended ctx is no error: there is nothing to wait for.
func (r *Registry) Close(ctx context.Context) error {
	r.mu.Lock()
	if r.closed == nil {
		r.closed = make(chan struct{})
		r.kill(errClosed)
		if r.building.idle() {
			close(r.closed)
		} else {
			go r.shut(r.building)
		}
	}
	closed := r.closed
	r.mu.Unlock()
	select {
	case <-closed:
		return nil
	default:
	}
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for tool servers to end: %w", ctx.Err())
	}
}

func (r *Registry) shut(last *build) {
	defer close(r.closed)
	<-last.done
	last.catalog.close()
}

// idle reports whether a build, nil if there is none, neither runs nor left a
// server that may.
func (b *build) idle() bool {
	if b == nil {
		return true
	}
	select {
	case <-b.done:
		return len(b.catalog.servers) == 0
	default:
		return false
	}
}

func (r *Registry) find(ctx context.Context, name string) (*server, Tool, *envelope.Error) {
	c, err := r.catalog(ctx)
	if err != nil {
		return nil, Tool{}, unavailable(ctx, err)
	}
	if s, ok := c.byName[name]; ok {
		t, ok, err := s.find(ctx, name)
		if err != nil {
			return nil, Tool{}, unavailable(ctx, err)
		}
		if ok {
			return s, t, nil
		}
	}
	message := fmt.Sprintf("tool %.100q is not offered here%s", name, suggest.DidYouMean(name, c.names()))
	if n := len(c.problems); n > 0 {
		message += fmt.Sprintf(" (%d did not load: %s)", n, strings.Join(c.problems, "; "))
	}
	return nil, Tool{}, &envelope.Error{Code: envelope.CodeNotFound, Field: "name", Message: message}
}

// catalog returns the catalog, building it if need be. The build lives as long
// as the registry, not as the call that happened to begin it.
func (r *Registry) catalog(ctx context.Context) (*catalog, error) {
	r.mu.Lock()
	if r.closed != nil {
		r.mu.Unlock()
		return nil, errClosed
	}
	if r.building == nil {
		r.building = &build{done: make(chan struct{})}
		go r.build(r.building)
	}
	b := r.building
	r.mu.Unlock()
	select {
	case <-b.done:
		return b.catalog, b.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *Registry) build(b *build) {
	defer close(b.done)
	b.catalog, b.err = buildCatalog(r.life, r.cfg)
	for _, problem := range b.catalog.problems {
		r.cfg.Log.Warn("tool does not load", "dir", r.cfg.Dir, "problem", problem)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = b.catalog.problems
	if b.err != nil {
		r.cfg.Log.Error("no tool is loaded", "dir", r.cfg.Dir, "error", b.err)
		if len(r.problems) == 0 {
			r.problems = []string{b.err.Error()}
		}
		if r.closed == nil {
			r.building = nil // the next call tries again
		}
		return
	}
	r.cfg.Log.Info("tools are loaded", "dir", r.cfg.Dir, "tools", b.catalog.names())
}

// unavailable is the error for a tool that could not be reached.
func unavailable(ctx context.Context, err error) *envelope.Error {
	if ctx.Err() != nil {
		return outOfTime(ctx, "reaching the tool")
	}
	if fault, ok := errors.AsType[*envelope.Error](err); ok {
		return fault
	}
	return &envelope.Error{Code: envelope.CodeUnavailable, Message: err.Error()}
}

// clipHash keeps a foreign hash from filling an error.
func clipHash(hash string) string { return fmt.Sprintf("%.70s", hash) }
