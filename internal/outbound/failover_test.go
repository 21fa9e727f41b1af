package outbound

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
)

// held is what a Redis with replicas needs so that nothing acknowledged is
// lost with its master: it refuses writes when none keeps up.
var held = []string{"--min-replicas-to-write", "1", "--min-replicas-max-lag", "5"}

// crowd is two consumers and a producer on a Redis that changes under them.
type crowd struct {
	*bench
	redis *bus.Bus
	next  int
}

func newCrowd(t *testing.T, url string) *crowd {
	t.Helper()
	names := envelope.NewNames("postern")
	open := func() *bus.Bus {
		b, err := bus.Open(bus.Options{URL: url, Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}
	c := &crowd{bench: &bench{t: t, platform: newFakePlatform(), names: names, stream: names.Outbound("fake")}, redis: open()}
	for _, name := range []string{"n1", "n2"} {
		consumer, err := New(Config{
			Redis: open(), Platform: "fake", Adapter: fakeAdapter{c.platform}, Consumer: name,
			Limits: Limits{Lease: 2 * time.Second}, Log: slog.New(slog.NewTextHandler(testWriter{t}, nil)).With("consumer", name),
		})
		if err == nil {
			err = consumer.Start(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		consumer.SetReady(true)
		t.Cleanup(func() {
			if err := consumer.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	return c
}

// publish adds so many messages, in turn to three channels, one after the
// other. Each is published again, under its key, until a replica has it too:
// that is what a producer can do who must know.
func (c *crowd) publish(count int) {
	c.t.Helper()
	if err := c.tryPublish(count); err != nil {
		c.t.Fatal(err)
	}
}

func (c *crowd) tryPublish(count int) error {
	deadline := time.Now().Add(90 * time.Second)
	for range count {
		data, err := json.Marshal(map[string]any{
			"type": "message", "channel_id": "c" + strconv.Itoa(c.next%3), "text": strconv.Itoa(c.next), "message_key": fmt.Sprint("k", c.next),
		})
		if err != nil {
			return err
		}
		for tick := time.NewTicker(50 * time.Millisecond); ; <-tick.C {
			err := c.add(data)
			if err == nil {
				tick.Stop()
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("publish %d: %w", c.next, err)
			}
		}
		c.next++
	}
	return nil
}

func (c *crowd) add(data []byte) error {
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
	defer cancel()
	var master redis.UniversalClient = c.redis.Client()
	if cluster, ok := master.(*redis.ClusterClient); ok {
		node, err := cluster.MasterForKey(ctx, c.stream)
		if err != nil {
			return err
		}
		master = node
	}
	pipe := master.Pipeline()
	added := pipe.XAdd(ctx, &redis.XAddArgs{Stream: c.stream, Values: []any{"data", data}})
	replicas := pipe.Do(ctx, "WAIT", 1, 2000)
	if _, err := pipe.Exec(ctx); err != nil {
		cluster, ok := c.redis.Client().(*redis.ClusterClient)
		if ok {
			cluster.ReloadState(ctx)
		}
		return err
	}
	if n, err := replicas.Int(); n == 0 || err != nil {
		return fmt.Errorf("no replica has %s: %w", added.Val(), err)
	}
	return nil
}

// judge waits until all that was published is there, once and in order.
func (c *crowd) judge() {
	c.t.Helper()
	due := map[string]int{"c0": 0, "c1": 1, "c2": 2}
	for _, a := range c.platform.awaitLong(c.t, c.next, 90*time.Second) {
		if n, _ := strconv.Atoi(a.text); n != due[a.channel] {
			c.t.Fatalf("channel %s: %s came where %d was due", a.channel, a.text, due[a.channel])
		}
		due[a.channel] += 3
	}
	c.until("an empty stream", func() bool {
		n, err := c.redis.Client().XLen(c.t.Context(), c.stream).Result()
		return n == 0 && err == nil
	})
}

// A Sentinel's master dies under load, comes back as a replica, and the next
// one dies: all is delivered once and in order, and work goes on within
// seconds of the Sentinels' word.
func TestASentinelFailsOver(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinel(t, held...)
	c := newCrowd(t, s.URL())
	c.publish(60)
	killed, _ := s.Failover()
	c.publish(60)
	s.Rejoin(killed)
	c.publish(60)
	s.Failover()
	begun := time.Now()
	c.publish(60)
	c.judge()
	t.Logf("all delivered %v after the second failover", time.Since(begun).Round(time.Millisecond))
}

// A master freezes, connections stay open, another takes its place, and the old
// one wakes and believes that it is the master for a while (pitfall 10): the
// blocked reads are given up, and nobody is served by the old one.
func TestASentinelReplacesAFrozenMaster(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinel(t, held...)
	c := newCrowd(t, s.URL())
	c.publish(60)
	old := s.Master()
	old.Pause()
	s.AwaitFailover(old)
	c.publish(30)
	old.Resume()
	c.publish(30)
	s.AwaitReplica(old)
	c.publish(30)
	c.judge()
}

// A Cluster's master dies under load, and the slot then moves to another
// master, key by key: MOVED, ASK, TRYAGAIN, CLUSTERDOWN.
func TestAClusterFailsOverAndMovesTheSlot(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartReplicatedCluster(t, held...)
	c := newCrowd(t, cluster.URL())
	c.publish(60)
	killed, master := cluster.Failover(c.stream)
	cluster.Rejoin(killed, c.stream)
	c.publish(60)
	published := make(chan error, 1)
	go func() { published <- c.tryPublish(60) }()
	for _, other := range cluster.Masters() {
		if other != master {
			cluster.MoveSlot(c.stream, other)
			break
		}
	}
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	c.publish(30)
	c.judge()
}
