package webchat

import (
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/posternhq/postern/test/harness"
)

// chat is the platform's name.
const chat = "chat"

var (
	sockets = flag.Int("sockets", 2000, "pages at once in BenchmarkSockets")
	slots   = flag.Int("slots", 256, "the delivery.in_flight of their node")
	lasts   = flag.Duration("lasts", time.Minute, "how long they talk")
)

// outcome is what a load was like.
type outcome struct {
	in, out, both latencies
	sent, heard   int
	before, after harness.Usage
	redis, pages  time.Duration // CPU that they took
	took          time.Duration
}

// TestLoad: nothing is lost, nothing comes twice, and each room keeps its
// order, under a load that any machine bears.
func TestLoad(t *testing.T) {
	o := load(t, 200, 5*time.Second)
	t.Logf("in: %v\nout: %v\nboth: %v", o.in, o.out, o.both)
}

// BenchmarkSockets is the measure of web chat: 2,000 pages on one node, each
// saying a message a second and hearing one, for a minute. make measure runs
// it; -sockets and -lasts make it another one.
func BenchmarkSockets(b *testing.B) {
	for b.Loop() {
		o := load(b, *sockets, *lasts)
		b.Logf("%d messages each way in %v\nin:   %v\nout:  %v\nboth: %v", o.sent, o.took.Round(time.Second), o.in, o.out, o.both)
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		b.ReportMetric(ms(o.in.at(0.99)), "ms-in-p99")
		b.ReportMetric(ms(o.out.at(0.99)), "ms-out-p99")
		b.ReportMetric(float64(o.after.Resident)/(1<<20), "MiB")
		for who, cpu := range map[string]time.Duration{"node": o.after.CPU - o.before.CPU, "redis": o.redis, "pages": o.pages} {
			b.ReportMetric(float64(cpu.Microseconds())/float64(2*o.sent), "µs-"+who+"/message")
		}
	}
}

// load runs a node, a worker and pages, and fails the test if anything is
// lost, comes twice or out of order.
func load(t testing.TB, n int, lasts time.Duration) outcome {
	t.Helper()
	scene := harness.NewScene(t, program)
	scene.Lease, scene.Slots = 15*time.Second, *slots
	scene.More = "  - { name: " + chat + ", kind: webchat }\n"
	node := scene.Serve(t, "gw-1")
	began := time.Now()
	now := func() time.Duration { return time.Since(began) }
	worker, stop := startEcho(t, scene, now)
	pages := open(t, node.Addr(), n, now)

	var reading sync.WaitGroup
	for _, p := range pages {
		reading.Go(p.read)
	}
	o := outcome{before: node.Usage(), redis: -redisCPU(t, scene), pages: -ownCPU(t)}
	start := time.Now()
	if err := talk(pages, now, lasts); err != nil {
		t.Fatalf("a page could not send: %v", err)
	}
	o.took = time.Since(start)
	for _, p := range pages {
		o.sent += p.sent
	}
	harness.Await(t, 30*time.Second, "all is echoed and acknowledged", func() (bool, string) {
		acked := int64(0)
		for _, p := range pages {
			acked += p.acked.Load()
		}
		return worker.echoed.Load() == int64(o.sent) && acked == int64(o.sent),
			fmt.Sprintf("%d sent, %d acknowledged, %d echoed", o.sent, acked, worker.echoed.Load())
	})
	awaitHeard(t, pages, o.sent)
	o.after = node.Usage()
	o.redis += redisCPU(t, scene)
	o.pages += ownCPU(t)
	closeAll(pages)
	reading.Wait()
	stop()
	o.in = worker.in
	for i, p := range pages {
		if p.wrong != nil {
			t.Errorf("page %d: %v", i, p.wrong)
		}
		if p.heard != p.sent {
			t.Errorf("page %d sent %d and heard %d", i, p.sent, p.heard)
		}
		o.heard += p.heard
		o.out, o.both = append(o.out, p.out...), append(o.both, p.both...)
	}
	return o
}

// open connects the pages, some at a time.
func open(t testing.TB, addr string, n int, now func() time.Duration) []*page {
	t.Helper()
	pages := make([]*page, n)
	c := client()
	// A node that stands by is ready a moment before its chat is open.
	harness.Await(t, 30*time.Second, "the chat is open", func() (open bool, why string) {
		var err error
		pages[0], err = enter(t.Context(), c, addr, now)
		return err == nil, fmt.Sprint(err)
	})
	var entering errgroup.Group
	entering.SetLimit(32)
	for i := 1; i < n; i++ {
		entering.Go(func() (err error) {
			pages[i], err = enter(t.Context(), c, addr, now)
			return err
		})
	}
	if err := entering.Wait(); err != nil {
		t.Fatalf("open a page: %v", err)
	}
	t.Cleanup(func() {
		closeAll(pages)
		c.CloseIdleConnections()
	})
	return pages
}

// closeAll ends the pages' connections. Once more does nothing.
func closeAll(pages []*page) {
	for _, p := range pages {
		p.leaving.Store(true)
		_ = p.conn.CloseNow()
	}
}

// talk has each page say something each second, the pages evenly spread over
// it. What a page says bears the time at which it was due: if the load runs
// late, because the machine is busy or a socket takes nothing, that is part of
// what is measured. One goroutine for all costs the machine less than one each.
func talk(pages []*page, now func() time.Duration, lasts time.Duration) error {
	gap := time.Second / time.Duration(len(pages))
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for due, end, i := now(), now()+lasts, 0; due < end; due, i = due+gap, i+1 {
		if early := due - now(); early > 0 {
			timer.Reset(early)
			<-timer.C
		}
		if err := pages[i%len(pages)].say(due); err != nil {
			return err
		}
	}
	return nil
}

// awaitHeard waits for the last echoes.
func awaitHeard(t testing.TB, pages []*page, sent int) {
	t.Helper()
	harness.Await(t, 30*time.Second, "all echoes came", func() (bool, string) {
		heard := int64(0)
		for _, p := range pages {
			heard += p.echoes.Load()
		}
		return heard >= int64(sent), fmt.Sprintf("%d of %d", heard, sent)
	})
}
