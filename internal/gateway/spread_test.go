package gateway

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// line is a platform that bears one connection at a time, whoever makes it.
type line struct {
	mutex sync.Mutex
	open  int
	most  int
	opens int
}

func (l *line) change(by int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.open += by
	l.most = max(l.most, l.open)
	if by > 0 {
		l.opens++
	}
}

func (l *line) counts() (open, most, opens int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.open, l.most, l.opens
}

// lined is a lease-bound adapter on a line.
type lined struct {
	*fake
	line *line
}

func (a lined) Open(ctx context.Context, host platform.Host) error {
	a.line.change(+1)
	return a.fake.Open(ctx, host)
}

func (a lined) Close(ctx context.Context) error {
	a.mutex.Lock()
	open := a.host != nil
	a.mutex.Unlock()
	if open {
		a.line.change(-1)
	}
	return a.fake.Close(ctx)
}

// fakes are n platforms' adapters; every other one is bound to the lease, and
// on the line of that platform.
func fakes(n int, lines map[string]*line) map[string]platform.Adapter {
	all := map[string]platform.Adapter{}
	for i := range n {
		name, f := fmt.Sprintf("p%02d", i), newFake()
		f.journal = make(chan string, 1000)
		all[name] = f
		if i%2 == 0 {
			f.caps.LeaseBound = true
			if lines[name] == nil {
				lines[name] = &line{}
			}
			all[name] = lined{f, lines[name]}
		}
	}
	return all
}

func soon(c *config.Config) { c.Delivery.SpreadAfter, c.Delivery.Lease = time.Second, 5*time.Second }

func (n *node) active() (count int) {
	for _, a := range n.accounts {
		if a.standing().role == outbound.RoleActive {
			count++
		}
	}
	return count
}

// One node has all; half moves when a second one comes, what is published
// meanwhile is delivered once, and all come back when it stops. A platform that
// bears one connection never sees two.
func TestPlatformsSpread(t *testing.T) {
	t.Parallel()
	const platforms = 20
	server := redistest.Start(t)
	client := server.Client()
	lines := map[string]*line{}
	here, there := fakes(platforms, lines), fakes(platforms, lines)
	first := startNode(t, server.URL(), "n1", here, soon)
	saw := func() any { return first.active() }
	await(t, "one node has all", func() bool { return first.active() == platforms }, saw)
	second := startNode(t, server.URL(), "n2", there, soon)
	for i := range platforms {
		publish(t, client, fmt.Sprintf("p%02d", i), "while they move")
	}
	await(t, "half has moved", func() bool { return first.active() == platforms/2 && second.active() == platforms/2 }, saw)
	second.stop(nil)
	if err := second.ended(); err != nil {
		t.Fatal(err)
	}
	await(t, "one node has all again", func() bool { return first.active() == platforms }, saw)
	await(t, "everything is delivered", func() bool {
		left := int64(0)
		for i := range platforms {
			left += client.XLen(t.Context(), fmt.Sprintf("postern:outbound:p%02d", i)).Val()
		}
		return left == 0
	}, saw)
	moved := 0
	for name, l := range lines {
		await(t, name+" is open again", func() bool { open, _, _ := l.counts(); return open == 1 }, saw)
		_, most, opens := l.counts()
		if most > 1 {
			t.Errorf("%s had %d connections at once", name, most)
		}
		if opens > 1 {
			moved++
		}
	}
	if moved == 0 {
		t.Error("no platform that bears one connection has moved")
	}
	sent := 0
	for _, all := range []map[string]platform.Adapter{here, there} {
		for _, a := range all {
			f, ok := a.(*fake)
			if !ok {
				f = a.(lined).fake
			}
			for len(f.journal) > 0 {
				if <-f.journal == "doing" {
					sent++
				}
			}
		}
	}
	if sent != platforms {
		t.Errorf("%d messages were sent; want %d", sent, platforms)
	}
}

// After a crash the leases come to those who have fewest. Nobody waits longer
// for it than the lease and a moment.
func TestACrashSpreadsOverTheOthers(t *testing.T) {
	t.Parallel()
	const platforms = 12
	server := redistest.Start(t)
	dying := redistest.NewProxy(t, server)
	var nodes []*node
	for i, url := range []string{dying.URL(), server.URL(), server.URL()} {
		nodes = append(nodes, startNode(t, url, fmt.Sprintf("n%d", i+1), fakes(platforms, map[string]*line{}), soon))
		nodes[i].awaitReady("ready", isReady)
	}
	held := func() any { return []int{nodes[0].active(), nodes[1].active(), nodes[2].active()} }
	await(t, "all have a third", func() bool { return nodes[0].active() == 4 && nodes[1].active() == 4 && nodes[2].active() == 4 }, held)
	dying.Blackhole()
	await(t, "its third is at the two others", func() bool { return nodes[1].active() == 6 && nodes[2].active() == 6 }, held)
	dying.Heal()
}

// An adapter that does not close keeps its lease until that runs out: the next
// owner must not open a second connection beside it.
func TestAConnectionThatDoesNotCloseKeepsItsLease(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	a := newFake()
	a.caps.LeaseBound = true
	n := startNode(t, server.URL(), "n1", map[string]platform.Adapter{"chat": stubborn{a}}, soon)
	a.await(t, "opened")
	n.awaitReady("ready", isReady)
	n.stop(nil)
	if err := n.ended(); err != nil {
		t.Fatal(err)
	}
	if left := client.PTTL(t.Context(), "{postern:outbound:chat}:lease").Val(); left <= 0 {
		t.Errorf("the lease was released; want it to run out")
	}
}

// stubborn is an adapter whose Close fails.
type stubborn struct{ *fake }

func (s stubborn) Close(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}
