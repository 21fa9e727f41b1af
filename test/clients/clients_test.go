// Package clients holds our fakes of platforms to the truth: each is used by a
// client that its platform's own users rely on, and that nobody here wrote.
package clients

import (
	"bufio"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/platform/telegram/telegramtest"
)

// TestTelegram: grammy logs in, sends, edits, deletes, reacts, sends and fetches
// files, presses buttons, meets a 429, and takes updates over a restart.
func TestTelegram(t *testing.T) {
	t.Parallel()
	s := telegramtest.New(t)
	asked := map[string]func(about string) string{
		"please limit": func(string) string { s.Fail(telegramtest.Limited, "sendMessage"); return "limited\n" },
		"please talk about": func(about string) string {
			var message int64
			_, _ = fmt.Sscan(about, &message)
			s.Say(1000, "hello bot", nil)
			s.Press(1000, message, "yes")
			return ""
		},
		"please talk again": func(string) string { s.Say(1000, "are you back?", nil); return "" },
	}
	play(t, asked, 11, "telegram.mjs", s.URL, telegramtest.Token)
	if got := s.Answered(); len(got) != 1 {
		t.Errorf("%d presses were answered; want 1", len(got))
	}
	if n := s.Pending(); n != 0 {
		t.Errorf("%d updates are not confirmed", n)
	}
}

// play runs a script to its end, does what it asks for, and wants so many steps
// of it to be ok.
func play(t *testing.T, asked map[string]func(string) string, steps int, script string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	command.Stderr = &strings.Builder{}
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("node: %v; make test-deps installs it", err)
	}
	ok := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		t.Log(line)
		if strings.HasPrefix(line, "ok ") {
			ok++
		}
		for what, do := range asked {
			if about, found := strings.CutPrefix(line, what); found {
				if _, err := in.Write([]byte(do(strings.TrimSpace(about)))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	_ = in.Close()
	if err := command.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, command.Stderr)
	}
	if ok != steps {
		t.Errorf("%d steps were ok; want %d", ok, steps)
	}
}
