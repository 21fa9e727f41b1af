package outbound

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
)

// Redis is full: workers are refused, and what is there drains, in order, also
// by a node that starts only now and finds no group. Then workers go on.
func TestAFullRedisDrains(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 40 {
		b.say("c", fmt.Sprint("k", i), fmt.Sprint(i))
	}
	b.server.Config("maxmemory", "1mb")
	if err := b.client.Do(t.Context(), "XADD", b.stream, "*", "data", "x").Err(); err == nil || !strings.HasPrefix(err.Error(), "OOM") {
		t.Fatalf("XADD: %v; the test needs a full Redis", err)
	}
	entered, letGo := b.platform.stall(t, "20")
	first := b.consumer("n1")
	<-entered
	letGo()
	b.platform.await(t, 40)
	b.awaitEmpty()
	if got := b.platform.seen("c"); !strings.HasPrefix(got, "0 1 2 3 ") || strings.Count(got, " ") != 39 {
		t.Errorf("the platform saw %s", got)
	}
	b.consumer("n2")
	if err := first.Stop(t.Context()); err != nil { // hands over, in a full Redis
		t.Error(err)
	}
	b.server.Config("maxmemory", "0")
	b.receipt(b.say("c", "after", "after"))
}

// Redis' disk fails, and it refuses every write. Nothing is settled meanwhile,
// and nothing is lost or sent twice.
func TestRedisCannotWriteToItsDisk(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server = redistest.Start(t, "--save", "3600 100000", "--enable-protected-configs", "yes")
	b.client = b.server.Client()
	entered, letGo := b.platform.stall(t, "0")
	b.consumer("n1")
	for i := range 20 {
		b.say("c", fmt.Sprint("k", i), fmt.Sprint(i))
	}
	<-entered
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	b.server.Config("dir", gone)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	b.save("err")
	if err := b.client.Do(t.Context(), "XADD", b.stream, "*", "data", "x").Err(); err == nil || !strings.HasPrefix(err.Error(), "MISCONF") {
		t.Fatalf("XADD: %v; the test needs a Redis that cannot save", err)
	}
	letGo()
	b.server.Config("dir", t.TempDir())
	b.save("ok")
	b.platform.await(t, 20)
	b.awaitEmpty()
	if got := b.platform.seen("c"); !strings.HasPrefix(got, "0 1 2 3 ") || strings.Count(got, " ") != 19 {
		t.Errorf("the platform saw %s", got)
	}
}

// save takes a snapshot and waits until it has ended so.
func (b *bench) save(status string) {
	b.t.Helper()
	if err := b.client.BgSave(b.t.Context()).Err(); err != nil {
		b.t.Fatal(err)
	}
	b.until("a snapshot that ends "+status, func() bool {
		info := b.client.Info(b.t.Context(), "persistence").Val()
		return strings.Contains(info, "rdb_last_bgsave_status:"+status) && strings.Contains(info, "rdb_bgsave_in_progress:0")
	})
}

// Somebody empties the database under load: within seconds, what is published
// then is delivered, and the log does not run away (pitfall 8).
func TestTheDatabaseIsEmptiedUnderLoad(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	log := &lineCounter{t: t}
	b.consumer("n1", counted(log))
	b.consumer("n2", counted(log))
	for i := range 200 {
		b.say(fmt.Sprint("c", i%5), fmt.Sprint("k", i), "x")
	}
	b.platform.await(t, 50)
	if err := b.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	begun, before := time.Now(), log.lines.Load()
	b.receipt(b.say("c", "after", "after"))
	if took := time.Since(begun); took > 15*time.Second {
		t.Errorf("it took %v", took)
	} else {
		t.Logf("delivered %v after FLUSHALL", took.Round(time.Millisecond))
	}
	if n := log.lines.Load() - before; n > 40 {
		t.Errorf("%d lines of log", n)
	}
}

// A user with the rights that Cure and docs/redis.md name can do all that a
// node does.
func TestTheRightsThatAreSaidAreEnough(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cure := bus.Cure(fmt.Errorf("NOPERM no permission"))
	_, rule, _ := strings.Cut(cure, "ACL SETUSER name ")
	rule, _, _ = strings.Cut(rule, ", where")
	args := []any{"ACL", "SETUSER", "app", "on", ">pw"}
	for word := range strings.FieldsSeq(rule) {
		args = append(args, word)
	}
	if err := b.client.Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(err)
	}
	allowed, err := bus.Open(bus.Options{URL: (&url.URL{Scheme: "redis", User: url.UserPassword("app", "pw"), Host: b.server.Addr}).String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { allowed.Close() })
	b.consumer("n1", func(c *Config) { c.Redis = allowed })
	b.receipt(b.say("c", "k", "x"))
	if _, err := allowed.Nodes(t.Context(), b.names); err != nil {
		t.Error(err)
	}
	findings, err := allowed.Examine(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, f := range findings {
		if strings.Contains(f.Says, "does not tell") {
			t.Errorf("%+v", f)
		}
	}
}

// lineCounter is a log that counts its lines.
type lineCounter struct {
	t     *testing.T
	lines atomic.Int64
}

func (l *lineCounter) Write(p []byte) (int, error) {
	l.lines.Add(1)
	return testWriter{l.t}.Write(p)
}

func counted(to *lineCounter) func(*Config) {
	return func(c *Config) { c.Log = slog.New(slog.NewTextHandler(to, nil)) }
}
