package command

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/platform/webchat"
	"github.com/posternhq/postern/internal/platform/webhook"
	"github.com/posternhq/postern/platform"
)

func TestDemoEchoesWhatIsTypedAndEndsWithTheInput(t *testing.T) {
	t.Parallel()
	s := newShell(t, nil)
	s.stdin = "hello\nworld\n"
	out := s.must("demo", "--console")
	for _, want := range []string{"echo: hello", "echo: world"} {
		if strings.Count(out, want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, out)
		}
	}
	if strings.Index(out, "echo: hello") > strings.Index(out, "echo: world") {
		t.Errorf("out of order:\n%s", out)
	}
}

// The printed redis-cli line must work from outside, and a signal must end it.
func TestDemoTakesWhatIsPublishedFromOutside(t *testing.T) {
	t.Parallel()
	s := newShell(t, nil)
	in, typing, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer typing.Close() //nolint:errcheck // nothing was typed
	out := &sink{wrote: make(chan struct{}, 64)}
	code := make(chan int, 1)
	go func() {
		code <- Run(t.Context(), Env{Args: []string{"demo", "--console"}, Stdin: in, Stdout: out, Stderr: io.Discard, Signals: s.signals})
	}()
	<-out.wrote
	copied := regexp.MustCompile(`redis-cli -p (\d+) XADD (\S+) '\*' data '(.*)'`).FindStringSubmatch(out.String())
	if copied == nil {
		t.Fatalf("no redis-cli line:\n%s", out.String())
	}
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + copied[1]})
	defer client.Close() //nolint:errcheck // the test is over
	if err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: copied[2], Values: []any{"data", copied[3]}}).Err(); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(out.String()[strings.Index(out.String(), copied[3])+len(copied[3]):], "hello") {
		<-out.wrote
	}
	s.signals <- syscall.SIGINT
	if got := <-code; got != ExitDone {
		t.Errorf("exit %d:\n%s", got, out.String())
	}
}

// A program without web chat says so, and what works; so does one that cannot
// run itself again, as this test's.
func TestDemoSaysWhyItCannotStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kinds []platform.Kind
		code  int
	}{
		"no web chat": {[]platform.Kind{webhook.Kind()}, ExitUsage},
		"no program":  {[]platform.Kind{webchat.Kind()}, ExitFailed},
	} {
		var out, complaint bytes.Buffer
		code := Run(t.Context(), Env{Args: []string{"demo"}, Stdout: &out, Stderr: &complaint, Kinds: c.kinds})
		if code != c.code || !strings.Contains(complaint.String(), "--console") {
			t.Errorf("%s: exit %d: %s", name, code, &complaint)
		}
	}
}
