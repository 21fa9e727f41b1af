package bus

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestEmbedded(t *testing.T) {
	t.Parallel()
	b, err := Open(Options{URL: Embedded})
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
	a, b := openStream(t, Embedded), openStream(t, Embedded)
	spoil(t, a, "k")
	if n := b.bus.Client().Exists(t.Context(), "k").Val(); n != 0 || a.bus.Addr() == b.bus.Addr() {
		t.Error("two embedded ones share what they hold")
	}
}
