package outbound

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// at is a moment by Redis' clock, as an envelope says it.
func (b *bench) at(in time.Duration) float64 {
	b.t.Helper()
	now, err := b.client.Time(b.t.Context()).Result()
	if err != nil {
		b.t.Fatal(err)
	}
	return float64(now.Add(in).UnixMilli()) / 1000
}

// delayed is how many entries are put aside.
func (b *bench) delayed() int64 {
	return b.client.ZCard(b.t.Context(), envelope.Beside(b.stream, "delayed")).Val()
}

// What is not due holds nobody, and takes its place when it is: of the same
// due in the order of publishing.
func TestNotBefore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	due := b.at(4 * time.Second)
	list := b.say("c", "later", "later", "not_before", due)
	b.consumer("n1")
	var last string
	for i := range 12 {
		last = b.say("c", fmt.Sprint("same", i), fmt.Sprint(i), "not_before", due+0.1)
	}
	b.ends(b.say("c", "now", "now"), envelope.StatusDelivered)
	b.until("all are put aside", func() bool { return b.delayed() == 13 })
	if n := b.pending(); n != 13 {
		t.Errorf("%d are pending, want those put aside", n)
	}
	b.ends(list, envelope.StatusDelivered)
	if now := b.at(0); now < due {
		t.Errorf("delivered %.3f s early", due-now)
	}
	b.ends(last, envelope.StatusDelivered)
	if got := b.platform.seen("c"); got != "now later 0 1 2 3 4 5 6 7 8 9 10 11" {
		t.Errorf("the platform saw %s", got)
	}
	b.awaitEmpty()
	if n := b.delayed(); n != 0 {
		t.Errorf("%d are kept as put aside", n)
	}
}

// It survives a crash and a take-over, and sweeps leave it alone.
func TestADelayedEntrySurvivesATakeover(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	restless := func(c *Config) { c.AutoclaimInterval, c.AutoclaimMinIdle = 20*time.Millisecond, time.Millisecond }
	due := b.at(4 * time.Second)
	list := b.say("c", "k", "later", "not_before", due)
	again := b.say("c", "k", "later", "not_before", due)
	first := b.consumer("n1", restless)
	b.until("both are put aside", func() bool { return b.delayed() == 2 })
	crash(first)
	b.vacate()
	b.consumer("n2", restless)
	b.ends(b.say("c", "now", "now"), envelope.StatusDelivered)
	b.ends(list, envelope.StatusDelivered)
	b.ends(again, envelope.StatusDuplicate)
	if now := b.at(0); now < due {
		t.Errorf("delivered %.3f s early", due-now)
	}
	if got := b.platform.seen("c"); got != "now later" {
		t.Errorf("the platform saw %s", got)
	}
	b.awaitEmpty()
}

// Its time comes while no node is there, and another key's publication without
// a delay goes first.
func TestADelayedEntryIsOverdue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	due := b.at(3 * time.Second)
	list := b.say("c", "k", "later", "not_before", due)
	first := b.consumer("n1")
	b.until("it is put aside", func() bool { return b.delayed() == 1 })
	b.stop(first)
	b.until("it is due", func() bool { return b.at(0) > due })
	b.consumer("n2")
	b.ends(list, envelope.StatusDelivered)
	b.awaitEmpty()
}

// max_age counts from not_before; expires_at does not wait for it.
func TestADelayedEntryExpires(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	entered, letGo := b.platform.stall(t, "slow")
	b.consumer("n1", func(c *Config) { c.Limits.MaxAge = 3 * time.Second })
	old := b.say("c", "old", "old", "not_before", b.at(3200*time.Millisecond))
	never := b.say("c", "never", "never", "not_before", b.at(time.Hour), "expires_at", b.at(200*time.Millisecond))
	b.ends(never, envelope.StatusExpired)
	b.ends(old, envelope.StatusDelivered) // 3.2 s after its publishing
	stuck := b.say("c", "slow", "slow")
	<-entered
	late := b.say("c", "late", "late", "not_before", b.at(50*time.Millisecond))
	over := b.at(3100 * time.Millisecond)
	b.until("it has been due for longer than its age", func() bool { return b.at(0) > over })
	letGo()
	b.ends(stuck, envelope.StatusDelivered)
	b.ends(late, envelope.StatusExpired)
}

// What targets an entry that is not due waits with it, in nobody's way, and so
// does what targets that; what targets nothing is told at once.
func TestAnEditOfWhatIsNotDue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.consumer("n1")
	target := b.say("c", "T", "target", "not_before", b.at(1500*time.Millisecond))
	b.until("it is put aside", func() bool { return b.delayed() == 1 })
	first, second := b.edit("T"), b.edit("T")
	b.ends(b.say("c", "now", "now"), envelope.StatusDelivered)
	b.ends(b.edit("nothing"), envelope.StatusDead)
	b.ends(target, envelope.StatusDelivered)
	b.ends(first, envelope.StatusDelivered)
	b.ends(second, envelope.StatusDelivered)
	b.awaitEmpty()
	if n := b.delayed(); n != 0 {
		t.Errorf("%d are kept as put aside", n)
	}
}

// A platform that is paused delivers nothing that is due; it does when it is
// resumed.
func TestADelayedEntryWhileThePlatformIsPaused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newRecorder()
	b.consumer("n1", watched(w, 2*time.Second))
	await(t, w.roles, RoleActive)
	b.pause(true)
	await(t, w.pauses, true)
	due := b.at(3 * time.Second)
	list := b.say("c", "k", "later", "not_before", due)
	b.until("it is put aside", func() bool { return b.delayed() == 1 })
	b.until("it is due", func() bool { return b.at(0) > due })
	b.ask("it has been handed on")
	b.platform.untouched(t)
	b.pause(false)
	b.ends(list, envelope.StatusDelivered)
}

// Somebody keeps something else under the key: what is to wait is told so, and
// nobody else notices.
func TestTheKeyOfWhatIsNotDueIsTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.client.Set(t.Context(), envelope.Beside(b.stream, "delayed"), "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	b.consumer("n1")
	if r := b.ends(b.say("c", "k", "later", "not_before", b.at(time.Hour)), envelope.StatusDead); r.Error.Code != envelope.CodeInternal {
		t.Errorf("the error: %+v", r.Error)
	}
	b.ends(b.say("c", "now", "now"), envelope.StatusDelivered)
}

// The same on the Redis that is compiled in.
func TestStreamsAndDelaysOnTheEmbeddedRedis(t *testing.T) {
	t.Parallel()
	server, err := bus.StartEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	in, err := bus.Open(bus.Options{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { client.Close() })
	names := envelope.NewNames("postern")
	b := &bench{
		t: t, client: client, platform: newFakePlatform(), names: names, stream: names.Outbound("fake"),
	}
	board := newBoard("native")
	c, err := New(Config{
		Redis: in, Platform: "fake", Adapter: board, Consumer: "n1",
		Limits: Limits{Lease: 2 * time.Second, StreamQuiet: 500 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	c.SetReady(true)
	later := b.say("c", "later", "later", "not_before", b.at(3*time.Second)) // after the others are published, however slow the machine
	b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
	b.ends(b.snapshot("s", 1, "end", "final", true), envelope.StatusDelivered)
	b.ends(b.snapshot("quiet", 0, "q"), envelope.StatusDelivered)
	b.ends(later, envelope.StatusDelivered)
	b.ended("quiet")
	if got := board.reads("c"); got != "end q later" {
		t.Errorf("the channel reads %q", got)
	}
}
