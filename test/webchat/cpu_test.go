package webchat

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

// redisCPU is what Redis says it has used.
func redisCPU(t testing.TB, scene *harness.Scene) time.Duration {
	t.Helper()
	info, err := scene.RDB.Info(t.Context(), "cpu").Result()
	if err != nil {
		t.Fatalf("ask Redis for its CPU: %v", err)
	}
	var sum float64
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name == "used_cpu_sys" || name == "used_cpu_user" {
			seconds, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatalf("Redis' CPU: %q", line)
			}
			sum += seconds
		}
	}
	return time.Duration(sum * float64(time.Second))
}

// ownCPU is what this process has used: the pages and the worker.
func ownCPU(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatalf("ask for the test's own CPU: %v", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
