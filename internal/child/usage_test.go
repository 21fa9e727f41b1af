package child

import (
	"os"
	"testing"
	"time"
)

func TestUsageOfSelf(t *testing.T) {
	t.Parallel()
	const held = 64 << 20
	ballast := make([]byte, held)
	for i := 0; i < held; i += 4096 {
		ballast[i] = 1
	}
	u, err := usageOf(os.Getpid())
	if err != nil || u.Resident < held || u.Resident > held*100 || u.CPU > time.Hour {
		t.Errorf("usage of a process that holds 64 MiB: %+v, %v", u, err)
	}
	if ballast[0] != 1 {
		t.Error("the ballast is gone")
	}
}
