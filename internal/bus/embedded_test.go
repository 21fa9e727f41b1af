package bus

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestEmbedded(t *testing.T) {
	t.Parallel()
	b, err := Open(Options{URL: EmbeddedURL})
	if err != nil {
		t.Fatal(err)
	}
	c := b.Client()
	if err := b.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.Cluster() {
		t.Error("it takes itself for a Cluster")
	}
	// Its clock runs by itself.
	if err := c.Set(t.Context(), "k", "v", 20*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	until(t, "the key runs out", func() bool { return c.Exists(t.Context(), "k").Val() == 0 })
	// Others in this machine may use it.
	other := redis.NewClient(&redis.Options{Addr: b.Addr()})
	defer other.Close()
	if err := other.Ping(t.Context()).Err(); err != nil {
		t.Errorf("PING at %s: %v", b.Addr(), err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("Close, once more: %v", err)
	}
	if err := other.Ping(t.Context()).Err(); err == nil {
		t.Error("it outlives its bus")
	}
}

func TestEmbeddedOnesAreApart(t *testing.T) {
	t.Parallel()
	a, b := openStream(t, EmbeddedURL), openStream(t, EmbeddedURL)
	spoil(t, a, "k")
	if n := b.bus.Client().Exists(t.Context(), "k").Val(); n != 0 || a.bus.Addr() == b.bus.Addr() {
		t.Error("two embedded ones share what they hold")
	}
}

// Who reaches it by its URL, as another process does, has all of a bus: the
// scripts, and an answer to what it is.
func TestEmbeddedByItsURL(t *testing.T) {
	t.Parallel()
	e, err := StartEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	first, second := openStream(t, e.URL()), openStream(t, e.URL())
	hold(t, first, "t1")
	l, err := second.Acquire(t.Context(), "t2", "other", time.Hour, "", -1)
	if err != nil || l.Ours {
		t.Errorf("Acquire what is held: %+v, %v", l, err)
	}
	if f := examine(t, e.URL())["persistence"]; f.OK {
		t.Errorf("by its URL: %+v", f)
	}
	if first.bus.Addr() != "" {
		t.Error("the bus takes it for its own")
	}
	if err := first.bus.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.bus.Ping(t.Context()); err != nil {
		t.Errorf("it ended with a bus that did not own it: %v", err)
	}
	e.Close()
	e.Close()
	if err := second.bus.Ping(t.Context()); err == nil {
		t.Error("it answers after Close")
	}
}

// A script keeps the name that its client knows, whichever way it was loaded.
func TestEmbeddedScriptNames(t *testing.T) {
	t.Parallel()
	c := openStream(t, EmbeddedURL).bus.client
	script := redis.NewScript("#!lua flags=allow-oom\nreturn ARGV[1]")
	if err := c.EvalSha(t.Context(), script.Hash(), nil, "x").Err(); err == nil || !redis.HasErrorPrefix(err, "NOSCRIPT") {
		t.Errorf("before it is loaded: %v", err)
	}
	if _, err := c.ScriptLoad(t.Context(), "#!lua flags=allow-oom\nreturn ARGV[1]").Result(); err != nil {
		t.Fatal(err)
	}
	if v, err := c.EvalSha(t.Context(), script.Hash(), nil, "x").Result(); v != "x" {
		t.Errorf("by its name: %v, %v", v, err)
	}
	if v, err := c.Eval(t.Context(), "return ARGV[1]", nil, "y").Result(); v != "y" {
		t.Errorf("one without a first line: %v, %v", v, err)
	}
}
