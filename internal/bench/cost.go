package bench

import (
	"context"
	"runtime"
	"strconv"
	"syscall"
	"time"
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
	p.redis = g.spent(ctx)
	runtime.ReadMemStats(&p.memory)
	p.cpu, p.at = spent(), time.Now()
	return p
}

// spent is the time that this process has had of the processor.
func spent() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// spent is the time that Redis has had of it; 0 if it does not say.
func (g *Ground) spent(ctx context.Context) time.Duration {
	info, err := g.Client.Info(ctx, "cpu").Result()
	if err != nil {
		return 0
	}
	seconds := func(name string) float64 {
		f, _ := strconv.ParseFloat(infoField(info, name), 64)
		return f
	}
	return time.Duration((seconds("used_cpu_user") + seconds("used_cpu_sys")) * float64(time.Second))
}

// inUse is the heap that is in use once the garbage is collected.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
