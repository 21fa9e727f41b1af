package tool

import (
	"context"
	"errors"
	"fmt"
)

var errClosed = errors.New("the tools are shut down")

// server is one tool file over all its lives. lock guards the fields below it;
// it is a channel so that waiting for it, while the file starts, heeds a
// context.
type server struct {
	file string
	cfg  Config
	life context.Context // the registry's: a start under way ends with it

	lock    chan struct{}
	current *session
	tools   map[string]Tool // those that the catalog gave to this server
	closed  bool
}

// newServer takes over a session that was just started.
func newServer(life context.Context, cfg Config, file string, first *session) *server {
	s := &server{file: file, cfg: cfg, life: life, lock: make(chan struct{}, 1), current: first, tools: map[string]Tool{}}
	for _, t := range first.tools {
		s.tools[t.Name] = t
	}
	return s
}

func (s *server) acquire(ctx context.Context) error {
	select {
	case s.lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *server) release() { <-s.lock }

// find returns the tool of a name as it was last offered, or false. It starts
// nothing.
func (s *server) find(ctx context.Context, name string) (t Tool, ok bool, err error) {
	if err := s.acquire(ctx); err != nil {
		return Tool{}, false, err
	}
	defer s.release()
	t, ok = s.tools[name]
	return t, ok, nil
}

// ready returns the running session, starting the file again if it has ended.
func (s *server) ready(ctx context.Context) (*session, error) {
	if err := s.acquire(ctx); err != nil {
		return nil, err
	}
	defer s.release()
	if s.closed {
		return nil, errClosed
	}
	if s.current != nil && s.current.process.running() {
		return s.current, nil
	}
	if s.current != nil {
		// Never two of one file: wait for the last process of the old group.
		last := s.current
		select {
		case <-last.process.gone:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		last.close(errClosed)
		s.current = nil
		s.cfg.Log.Warn("tool server has ended and is started again", "server", s.file, "why", last.process.epitaph())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.life, func() { cancel(errClosed) })()
	next, err := startSession(ctx, s.cfg, s.file)
	if err != nil {
		return nil, fmt.Errorf("starting tool server %s again: %w", s.file, err)
	}
	s.current = next
	s.adopt(next)
	return next, nil
}

// adopt takes the tools of a new life: those it had before, as they are now.
// One with a new name waits for the next catalog, where names are compared
// over all servers.
func (s *server) adopt(next *session) {
	before := s.tools
	s.tools = map[string]Tool{}
	for _, t := range next.tools {
		old, known := before[t.Name]
		if !known {
			s.cfg.Log.Warn("tool is new and not loaded: restart the gateway to load it", "server", s.file, "tool", t.Name)
			continue
		}
		if old.SchemaHash != t.SchemaHash {
			s.cfg.Log.Info("tool has changed its schema", "server", s.file, "tool", t.Name)
		}
		s.tools[t.Name] = t
	}
	for name := range before {
		if _, ok := s.tools[name]; !ok {
			s.cfg.Log.Warn("tool is no longer offered", "server", s.file, "tool", name)
		}
	}
}

// close ends the process group, lets no other start, and waits.
func (s *server) close() {
	s.lock <- struct{}{} // a start under way ends first, and soon: life has ended
	defer s.release()
	s.closed = true
	if s.current != nil {
		s.current.close(errCrossfire{"the gateway is stopping"})
	}
}
