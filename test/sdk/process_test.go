package sdk

import (
	"syscall"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/child"
)

// terminate asks a worker to stop as an operator does: it does, and without an
// error.
func terminate(t *testing.T, worker *child.Process) {
	t.Helper()
	if err := worker.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, worker)
}

// awaitEnd waits until a worker has ended by itself, and without an error.
func awaitEnd(t *testing.T, worker *child.Process) {
	t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-worker.Gone():
		if code := worker.ExitCode(); code != 0 {
			t.Errorf("the worker ended with status %d", code)
		}
	case <-timer.C:
		t.Errorf("the worker has not ended within %v", within)
	}
}
