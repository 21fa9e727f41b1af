package outbound

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// roleWatcher tells a test what a consumer becomes.
type roleWatcher struct {
	noWatcher
	roles chan Role
}

func newRoleWatcher() roleWatcher { return roleWatcher{roles: make(chan Role, 64)} }

func (w roleWatcher) Role(r Role, _ int64) { w.roles <- r }

func (w roleWatcher) await(t *testing.T, want Role) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case r := <-w.roles:
			if r == want {
				return
			}
		case <-deadline:
			t.Fatalf("never became %q", want)
		}
	}
}

// watched is a Config change that hands out the consumer's roles.
func watched(w roleWatcher, lease time.Duration) func(*Config) {
	return func(c *Config) { c.Watcher, c.Limits.Lease = w, lease }
}

// With a lease of ten minutes only the announcement can explain that the
// stand-by takes over within the test.
func TestAPlannedStopHandsOverAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w1, w2 := newRoleWatcher(), newRoleWatcher()
	first := b.consumer("n1", watched(w1, 10*time.Minute))
	w1.await(t, RoleActive)
	b.consumer("n2", watched(w2, 10*time.Minute))
	w2.await(t, RoleStandby)
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w2.await(t, RoleActive)
	if r := b.receipt(b.say("c", "k", "after")); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
}

// A Stop lets what is in flight end, and leaves what only waits.
func TestAStopDrains(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inside, gate := make(chan struct{}), make(chan struct{})
	b.platform.hang = func(ctx context.Context, part platform.Part) {
		if string(part.Body) == "first" {
			close(inside)
			<-gate
		}
	}
	first, second := b.say("c", "k1", "first"), b.say("c", "k2", "second")
	c := b.consumer("n1")
	<-inside
	stopped := make(chan error, 1)
	go func() { stopped <- c.Stop(t.Context()) }()
	close(gate)
	if r := b.receipt(first); r.Status != envelope.StatusDelivered {
		t.Errorf("in flight: %+v", r)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if n := b.client.Exists(t.Context(), envelope.Beside(b.stream, "lease")).Val(); n != 0 {
		t.Error("the lease was not released")
	}
	b.consumer("n2")
	if r := b.receipt(second); r.Status != envelope.StatusDelivered {
		t.Errorf("what waited: %+v", r)
	}
}

// crash ends a consumer as kill -9 would, as far as Redis can see: nothing
// is settled, nothing released.
func crash(c *Consumer) {
	c.mutex.Lock()
	abort := c.abort
	c.mutex.Unlock()
	abort()
	<-c.done
}

// A node dies in the middle of the second of three parts. The next one goes
// on with that part, as it was first rendered, and no part comes twice.
func TestACrashInTheMiddleOfSeveralParts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inside := make(chan struct{})
	var hung atomic.Bool
	b.platform.hang = func(ctx context.Context, part platform.Part) {
		if string(part.Body) == "b" && hung.CompareAndSwap(false, true) {
			close(inside)
			<-ctx.Done()
		}
	}
	list := b.say("c", "k", "a|b|c")
	next := b.say("c", "k2", "d")
	w := newRoleWatcher()
	first := b.consumer("n1")
	<-inside
	b.consumer("n2", watched(w, 2*time.Second))
	w.await(t, RoleStandby)
	crash(first)
	r := b.receipt(list)
	if r.Status != envelope.StatusDelivered || len(r.MessageIDs) != 3 {
		t.Errorf("receipt %+v", r)
	}
	b.receipt(next)
	if got := texts(b.platform.await(t, 4)); got != "a b c d" {
		t.Errorf("the platform saw %s", got)
	}
	b.empty()
}

func texts(all []accepted) string {
	var out []string
	for _, a := range all {
		out = append(out, a.text)
	}
	return strings.Join(out, " ")
}

// Without a native key, a crash while a part is on its way is the open case:
// on_unknown decides, and says so.
func TestACrashOnAPlatformWithoutKeys(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]envelope.Status{"park": envelope.StatusParked, "resend": envelope.StatusDelivered} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = false
			inside := make(chan struct{})
			var hung atomic.Bool
			b.platform.hang = func(ctx context.Context, _ platform.Part) {
				if hung.CompareAndSwap(false, true) {
					close(inside)
					<-ctx.Done()
				}
			}
			list := b.say("c", "k", "hello", "on_unknown", policy)
			first := b.consumer("n1")
			<-inside
			crash(first)
			b.consumer("n2")
			if r := b.receipt(list); r.Status != want || r.PossibleDuplicate != (policy == "resend") {
				t.Errorf("receipt %+v", r)
			}
			b.empty()
		})
	}
}

// An entry that ends its node each time is dead after the third.
func TestPoison(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inside := make(chan struct{}, 1)
	b.platform.hang = func(ctx context.Context, part platform.Part) {
		if string(part.Body) == "poison" {
			inside <- struct{}{}
			<-ctx.Done()
		}
	}
	list, next := b.say("c", "k", "poison"), b.say("c", "k2", "fine")
	for i := range 3 {
		c := b.consumer("n"+strconv.Itoa(i), func(c *Config) { c.Limits.Lease = time.Second })
		<-inside
		crash(c)
	}
	b.consumer("last")
	if r := b.receipt(list); r.Status != envelope.StatusDead || r.Error.Code != envelope.CodePoison {
		t.Errorf("receipt %+v", r)
	}
	if r := b.receipt(next); r.Status != envelope.StatusDelivered {
		t.Errorf("the next one: %+v", r)
	}
}

// What a paused process looks like from outside: another holds the lease by
// the time it looks. It takes nothing, sends nothing, settles nothing.
func TestAnOwnerThatWasReplacedChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inside, gate := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b.platform.hang = func(_ context.Context, part platform.Part) {
		once.Do(func() { close(inside) })
		<-gate
	}
	w := newRoleWatcher()
	list := b.say("c", "k", "first")
	b.consumer("n1", watched(w, 3*time.Second))
	<-inside
	lease := envelope.Beside(b.stream, "lease")
	if err := b.client.HSet(t.Context(), lease, "token", "somebody-else", "node", "n9").Err(); err != nil {
		t.Fatal(err)
	}
	close(gate) // the platform takes it, and then n1 tries to settle
	b.platform.await(t, 1)
	b.say("c", "k2", "second")
	w.await(t, RoleStandby)
	if p := b.client.XPending(t.Context(), b.stream, b.names.Group("fake")).Val(); p == nil || p.Count != 1 {
		t.Errorf("pending %+v, want the first, still", p)
	}
	if state := b.client.HGet(t.Context(), envelope.Beside(b.stream, "claim:k"), "state").Val(); state != "sending" {
		t.Errorf("the claim became %q", state)
	}
	if err := b.client.Del(t.Context(), lease).Err(); err != nil {
		t.Fatal(err)
	}
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	if got := texts(b.platform.await(t, 2)); got != "first second" {
		t.Errorf("the platform saw %s", got)
	}
}

// Redis goes away and comes back empty: the group is made again, at 0.
func TestRedisComesBackEmpty(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newRoleWatcher()
	b.consumer("n1", watched(w, time.Second))
	b.receipt(b.say("c", "k1", "before"))
	b.server.Restart()
	if r := b.receipt(b.say("c", "k2", "after")); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	if got := texts(b.platform.await(t, 2)); got != "before after" {
		t.Errorf("the platform saw %s", got)
	}
}

// Somebody destroys the group under us (pitfall 8 of Redis Streams).
func TestTheGroupIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.consumer("n1")
	b.receipt(b.say("c", "k1", "before"))
	if err := b.client.XGroupDestroy(t.Context(), b.stream, b.names.Group("fake")).Err(); err != nil {
		t.Fatal(err)
	}
	if r := b.receipt(b.say("c", "k2", "after")); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
}

// Replies are lost, one after the other, at every kind of call: nothing is
// lost with them, nothing doubled, nothing out of order (pitfalls 4, 14, 15).
func TestRepliesAreLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	proxy := redistest.NewProxy(t, b.server)
	const messages = 300
	var last string
	for i := range messages {
		last = b.say("c"+strconv.Itoa(i%3), fmt.Sprint("k", i), strconv.Itoa(i))
	}
	lossy, err := bus.Open(bus.Options{URL: proxy.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lossy.Close() })
	done := make(chan struct{})
	lossless := make(chan struct{})
	go func() {
		defer close(lossless)
		for n := 1; ; n = (n*7 + 5) % 37 { // a new connection alone takes some replies
			select {
			case <-proxy.DropReply(1 + n):
			case <-done:
				return
			}
		}
	}()
	b.consumer("n1", func(c *Config) { c.Redis = lossy })
	r := b.receipt(last)
	b.awaitEmpty()
	close(done)
	<-lossless
	if r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	got := b.platform.await(t, messages)
	if len(got) != messages {
		t.Errorf("%d messages of %d", len(got), messages)
	}
	next := map[string]int{"c0": 0, "c1": 1, "c2": 2}
	for _, a := range got {
		if n, _ := strconv.Atoi(a.text); n != next[a.channel] {
			t.Fatalf("channel %s: %s came where %d was due", a.channel, a.text, next[a.channel])
		}
		next[a.channel] += 3
	}
}

// Somebody else's producer trims the stream: that is counted as loss.
func TestTrimmedEntriesAreReportedLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	group := b.names.Group("fake")
	b.publish(map[string]any{"type": "message", "channel_id": "c", "text": "trimmed"})
	if err := b.client.XGroupCreate(ctx, b.stream, group, "0").Err(); err != nil {
		t.Fatal(err)
	}
	if err := b.client.Do(ctx, "XREADGROUP", "GROUP", group, "dead-node", "STREAMS", b.stream, ">").Err(); err != nil {
		t.Fatal(err)
	}
	if err := b.client.XTrimMaxLen(ctx, b.stream, 0).Err(); err != nil {
		t.Fatal(err)
	}
	m := &lossMeter{lost: make(chan int, 1)}
	list := b.say("c", "k", "kept")
	b.consumer("n1", func(c *Config) { c.Meter = m })
	if n := <-m.lost; n != 1 {
		t.Errorf("%d lost", n)
	}
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	b.empty()
}

type lossMeter struct {
	noMeter
	lost chan int
}

func (m *lossMeter) Lost(n int) { m.lost <- n }

// Pausing holds deliveries on the active node; resuming lets them go.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key := b.names.Platform("fake")
	operator := b.consumerStream()
	paused := make(chan bool, 4)
	b.consumer("n1", func(c *Config) { c.Watcher = pauseWatcher{paused: paused} })
	b.receipt(b.say("c", "k1", "one"))
	if err := operator.SetPaused(t.Context(), key, true); err != nil {
		t.Fatal(err)
	}
	<-paused
	list := b.say("c", "k2", "two")
	if err := operator.SetPaused(t.Context(), key, false); err != nil {
		t.Fatal(err)
	}
	<-paused
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
}

type pauseWatcher struct {
	noWatcher
	paused chan bool
}

func (w pauseWatcher) Paused(p bool) { w.paused <- p }

// A dead letter is replayed: it is delivered after all, once.
func TestReplay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var refuse atomic.Bool
	refuse.Store(true)
	b.platform.fail = func(part platform.Part, _ int) error {
		if string(part.Body) == "b" && refuse.Load() {
			return platform.Refused(envelope.CodeForbidden, "", "not yet")
		}
		return nil
	}
	b.consumer("n1")
	b.receipt(b.say("c", "k", "a|b"))
	operator := b.consumerStream()
	letters, err := operator.Letters(t.Context(), operator.Dead(), "", 10)
	if err != nil || len(letters) != 1 {
		t.Fatalf("letters %v, %v", letters, err)
	}
	refuse.Store(false)
	if _, err := operator.Replay(t.Context(), operator.Dead(), letters[0].ID); err != nil {
		t.Fatal(err)
	}
	b.platform.await(t, 2)
	b.awaitEmpty()
	if got := texts(b.platform.await(t, 2)); got != "a b" {
		t.Errorf("the platform saw %s", got)
	}
	if n := b.client.XLen(t.Context(), operator.Dead()).Val(); n != 0 {
		t.Errorf("%d dead letters are left", n)
	}
}

// A key dies while its second publication waits behind something slow, and is
// replayed: the claim is then the replay's, which stands at the end of the
// lane, and goes first: the one before it must not wait for what waits for it.
func TestAReplayBehindADuplicateOfItsOwnLane(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inside, gate := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var refuse atomic.Bool
	refuse.Store(true)
	b.platform.hang = func(_ context.Context, part platform.Part) {
		if string(part.Body) == "slow" {
			once.Do(func() { close(inside) })
			<-gate
		}
	}
	b.platform.fail = func(part platform.Part, _ int) error {
		if string(part.Body) == "x" && refuse.Load() {
			return platform.Refused(envelope.CodeForbidden, "", "not yet")
		}
		return nil
	}
	b.consumer("n1")
	b.receipt(b.say("c", "k", "x"))
	b.say("c", "slow", "slow")
	<-inside
	again := b.say("c", "k", "x")
	refuse.Store(false)
	operator := b.consumerStream()
	letters, err := operator.Letters(t.Context(), operator.Dead(), "", 10)
	if err != nil || len(letters) != 1 {
		t.Fatalf("letters %v, %v", letters, err)
	}
	if _, err := operator.Replay(t.Context(), operator.Dead(), letters[0].ID); err != nil {
		t.Fatal(err)
	}
	close(gate)
	if r := b.receipt(again); r.Status != envelope.StatusDuplicate || len(r.MessageIDs) != 1 {
		t.Errorf("receipt %+v", r)
	}
	b.awaitEmpty()
	if got := texts(b.platform.await(t, 2)); got != "slow x" {
		t.Errorf("the platform saw %s", got)
	}
}
