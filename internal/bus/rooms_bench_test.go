package bus

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// BenchmarkRooms makes a message of 500 bytes in one of 100 rooms, 2,000
// visitors at once, and has it heard by a watcher.
func BenchmarkRooms(b *testing.B) {
	r := openRooms(b, redistest.Start(b).URL())
	var heard sync.WaitGroup
	heard.Add(b.N)
	ctx := b.Context()
	if err := r.Watch(ctx, func(n platform.RoomNews) {
		if n.Lost {
			b.Error("the watcher was too slow")
			return
		}
		heard.Done()
	}); err != nil {
		b.Fatal(err)
	}
	data := []byte(strings.Repeat("x", 500))
	var next atomic.Int64
	var visitors sync.WaitGroup
	b.ResetTimer()
	for range 2000 {
		visitors.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if _, err := r.Update(ctx, fmt.Sprint("room", i%100), fmt.Sprint("message-", i), func(platform.Record) []byte { return data }); err != nil {
					b.Error(err)
					heard.Done()
				}
			}
		})
	}
	visitors.Wait()
	heard.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
}
