package bus

import (
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/redistest"
)

// TestTidy: what was put aside and is gone from the stream, as when somebody
// deletes it while no node runs, is struck off, over more than one page.
func TestTidy(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		kept := publish(t, s, "kept")[0].String()
		aside := []redis.Z{{Score: 700, Member: kept}}
		for i := range 2*batchEntries + 7 {
			aside = append(aside, redis.Z{Score: float64(i), Member: fmt.Sprintf("%d-1", i+1)})
		}
		if err := s.bus.client.ZAdd(t.Context(), s.keys.delayed, aside...).Err(); err != nil {
			t.Fatal(err)
		}
		equal(t, "lost", audit(t, intake(t, s, "t1")), 0)
		equal(t, "aside", s.bus.client.ZRange(t.Context(), s.keys.delayed, 0, -1).Val(), []string{kept})
		spoil(t, s, s.keys.delayed)
		equal(t, "lost, with a key in the way", audit(t, intake(t, s, "t1")), 0)
	})
}

// TestAuditThoughItsAnswerIsLost: the loss is told by the next one, and once
// heard it is not told again, by the next owner either.
func TestAuditThoughItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	proxy := redistest.NewProxy(t, redistest.Start(t))
	s := openStream(t, proxy.URL())
	hold(t, s, "t1")
	in := intake(t, s, "t1")
	publish(t, s, "first")
	readOn(t, in, 9)
	equal(t, "at first", audit(t, in), 0)
	publish(t, s, "1", "2", "3")
	trimTo(t, s, 0)
	lost := proxy.DropReply(1)
	if n, err := in.Audit(t.Context()); err == nil {
		t.Fatalf("its answer arrived: %d", n)
	}
	<-lost
	equal(t, "asked again", audit(t, in), 3)
	equal(t, "and again", audit(t, in), 0)
	hold(t, s, "t2")
	equal(t, "by the next owner", audit(t, intake(t, s, "t2")), 0)
}
