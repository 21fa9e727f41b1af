package command

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/redistest"
)

// Redis goes and comes back: tail says so and follows on.
func TestTailOutlastsRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := newShell(t, server)
	out := &sink{wrote: make(chan struct{})}
	told := &sink{wrote: make(chan struct{})}
	code := make(chan int, 1)
	bury(t, server.Client(), "before")
	go func() { code <- s.start(out, told, "tail", "dead", "--all", "-p", "chat") }()
	<-out.wrote // the one that is there
	server.Stop()
	<-told.wrote // it is away
	server.Restart()
	<-told.wrote // it is back, empty
	client := server.Client()
	// Ids go on after the last one seen: by the clock, they do.
	if err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: "{" + chatStream + "}:dead", Values: []any{"code", "forbidden", "error", "after"}}).Err(); err != nil {
		t.Fatal(err)
	}
	<-out.wrote
	s.signals <- os.Signal(syscall.SIGINT)
	if got := <-code; got != ExitDone {
		t.Errorf("exit %d: %s", got, told.String())
	}
	for _, want := range []string{"redis does not answer", "redis answers again"} {
		if strings.Count(told.String(), want) != 1 {
			t.Errorf("said %q %d times, want once:\n%s", want, strings.Count(told.String(), want), told.String())
		}
	}
	if !strings.Contains(out.String(), "after") {
		t.Errorf("did not follow on:\n%s", out.String())
	}
}
