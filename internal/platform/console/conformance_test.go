package console

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	platformtest.Run(t, platformtest.Fixture{
		Start: func(t testing.TB) (platform.Adapter, platformtest.Peer) {
			s := newScreen()
			a, _ := newAdapter(t, s)
			return a, s
		},
	})
}

// newAdapter makes one whose keyboard is the file returned.
func newAdapter(t testing.TB, s *screen) (*Adapter, *os.File) {
	t.Helper()
	in, keyboard, err := os.Pipe()
	if err != nil {
		t.Fatalf("make a pipe: %v", err)
	}
	t.Cleanup(func() { _, _ = in.Close(), keyboard.Close() })
	a := New(platform.Settings{Name: "term", Values: map[string]any{"user": "ann", "channel": "lobby"}},
		Terminal{In: in, Out: s, AtEOF: func() { close(s.ended) }})
	return a, keyboard
}

// screen is a terminal's output.
type screen struct {
	ended chan struct{} // closed by AtEOF

	mu      sync.Mutex
	text    bytes.Buffer
	fault   platformtest.Fault
	changed chan struct{}
}

func newScreen() *screen {
	return &screen{ended: make(chan struct{}), changed: make(chan struct{}, 1)}
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault := s.fault
	s.fault = ""
	switch fault {
	case platformtest.FaultRefused:
		return 0, os.ErrClosed
	case platformtest.FaultLost:
		s.text.Write(b)
		return len(b) - 1, errors.New("the terminal went away")
	}
	s.text.Write(b)
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (s *screen) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *screen) Fail(f platformtest.Fault) bool {
	if f != platformtest.FaultRefused && f != platformtest.FaultLost {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
	return true
}

func (s *screen) Requests() int            { return len(s.Effects()) }
func (s *screen) Arrived() <-chan struct{} { return nil }

// Effects reads the screen as a person would.
func (s *screen) Effects() []platformtest.Effect {
	head := regexp.MustCompile(`^\[([^\]/]*)(?:/([^\]]*))?\] (.*)$`)
	var effects []platformtest.Effect
	for line := range strings.Lines(s.shown()) {
		m := head.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			continue // goes on with the one before
		}
		if m[1] == "*" {
			m[1] = ""
		}
		effects = append(effects, platformtest.Effect{Type: typeOf(m[3]), ChannelID: m[1], ThreadID: m[2], Text: m[3]})
	}
	return effects
}

func typeOf(text string) envelope.Type {
	for typ, marks := range map[envelope.Type][]string{
		envelope.TypeEdit:     {" is now: "},
		envelope.TypeDelete:   {" deleted"},
		envelope.TypeReaction: {" reaction: ", " reaction removed: "},
		envelope.TypeTyping:   {"typing "},
		envelope.TypePresence: {"now online"},
	} {
		if slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(text, m) }) {
			return typ
		}
	}
	return envelope.TypeMessage
}
