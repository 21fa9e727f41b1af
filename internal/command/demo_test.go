package command

import (
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
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

// A program built without web chat says so, and what works.
func TestDemoNeedsWebChat(t *testing.T) {
	t.Parallel()
	s := newShell(t, nil)
	if r := s.run("demo"); r.code != ExitUsage || !strings.Contains(r.err, "--console") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}
