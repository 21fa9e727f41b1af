package command

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/internal/platform/console"
	"github.com/posternhq/postern/internal/platform/discord"
	"github.com/posternhq/postern/internal/platform/telegram"
	"github.com/posternhq/postern/internal/platform/webchat"
	"github.com/posternhq/postern/internal/platform/webhook"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shell runs commands as a user does, in a directory with a config.
type shell struct {
	t       *testing.T
	config  string
	environ []string
	stdin   string
	signals chan os.Signal
}

const twoPlatforms = `
redis: { url: "redis://127.0.0.1:1/0" }
platforms:
  - { name: chat, kind: console }
  - { name: hook, kind: webhook, url: "http://127.0.0.1:9/", secret_env: HOOK_SECRET }
`

// newShell has a config of two platforms, and a Redis if there is one. The
// variable HOOK_SECRET is not set: no command but check and serve needs it.
func newShell(t *testing.T, server *redistest.Server) *shell {
	t.Helper()
	s := &shell{t: t, config: filepath.Join(t.TempDir(), "postern.yaml"), signals: make(chan os.Signal, 2)}
	s.write(twoPlatforms)
	if server != nil {
		s.environ = append(s.environ, "POSTERN_REDIS_URL="+server.URL())
	}
	return s
}

func (s *shell) write(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func kinds() []platform.Kind {
	return []platform.Kind{console.Kind(console.Stdio()), discord.Kind(), telegram.Kind(), webchat.Kind(), webhook.Kind()}
}

// ran is what came of a command.
type ran struct {
	code     int
	out, err string
}

func (s *shell) run(args ...string) ran {
	s.t.Helper()
	var out, err sink
	code := s.start(&out, &err, args...)
	return ran{code, out.String(), err.String()}
}

// must runs a command that ends well.
func (s *shell) must(args ...string) string {
	s.t.Helper()
	r := s.run(args...)
	if r.code != ExitDone {
		s.t.Fatalf("postern %v: exit %d\n%s%s", args, r.code, r.out, r.err)
	}
	return r.out
}

func (s *shell) start(out, err *sink, args ...string) int {
	return Run(s.t.Context(), Env{
		Args: append(args, "--config", s.config), Environ: s.environ, Stdin: bytes.NewBufferString(s.stdin),
		Stdout: out, Stderr: err, Kinds: kinds(), Signals: s.signals,
	})
}

// sink is a stream that a test reads while a command writes.
type sink struct {
	mu     sync.Mutex
	buffer bytes.Buffer
	wrote  chan struct{} // told of each write, if not nil
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	n, err := s.buffer.Write(b)
	s.mu.Unlock()
	if s.wrote != nil {
		s.wrote <- struct{}{}
	}
	return n, err
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.String()
}
