package bench

import (
	"context"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// Cost is what a run took.
type Cost struct {
	Took   time.Duration `json:"took"`
	CPU    time.Duration `json:"cpu"`    // of this process, user and system
	Redis  time.Duration `json:"redis"`  // of the Redis, user and system; whoever else uses it counts too
	Allocs uint64        `json:"allocs"` // of this process
	Bytes  uint64        `json:"bytes"`  // allocated, ever
}

// meterPoint is where a cost is counted from.
type meterPoint struct {
	at     time.Time
	cpu    time.Duration
	redis  time.Duration
	memory runtime.MemStats
}

// Measure runs something and says what it took.
func (g *Ground) Measure(ctx context.Context, run func() error) (Cost, error) {
	from := g.point(ctx)
	if err := run(); err != nil {
		return Cost{}, err
	}
	took := time.Since(from.at)
	to := g.point(ctx)
	return Cost{
		Took: took, CPU: to.cpu - from.cpu, Redis: to.redis - from.redis,
		Allocs: to.memory.Mallocs - from.memory.Mallocs, Bytes: to.memory.TotalAlloc - from.memory.TotalAlloc,
	}, nil
}

func (g *Ground) point(ctx context.Context) (p meterPoint) {
	p.redis = g.RedisCPU(ctx)
	runtime.ReadMemStats(&p.memory)
	p.cpu, p.at = OwnCPU(), time.Now()
	return p
}

// OwnCPU is the time that this process has had of the processor.
func OwnCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// RedisCPU is the time that Redis has had of it, of a Cluster all masters
// together; 0 if it does not say.
func (g *Ground) RedisCPU(ctx context.Context) time.Duration {
	var sum atomic.Int64
	err := g.each(ctx, func(ctx context.Context, c redis.UniversalClient) error {
		info, err := c.Info(ctx, "cpu").Result()
		for _, name := range []string{"used_cpu_user", "used_cpu_sys"} {
			seconds, _ := strconv.ParseFloat(infoField(info, name), 64) // not told = 0
			sum.Add(int64(seconds * float64(time.Second)))
		}
		return err
	})
	if err != nil {
		return 0
	}
	return time.Duration(sum.Load())
}

// inUse is the heap that is in use once the garbage is collected.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
