package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/child"
	"github.com/posternhq/postern/internal/redisonce"
	"github.com/posternhq/postern/internal/redisurl"
)

// Ground is the Redis that is measured on: one of its own, which may be a
// Cluster, or a given one, of which it touches nothing but a namespace of its own.
type Ground struct {
	URL       string
	Namespace string
	Client    redis.UniversalClient
	Version   string

	servers []*child.Process // none = it was given
	addrs   []string         // of these
	dir     string
}

func newGround() *Ground { return &Ground{Namespace: "bench-" + strings.ToLower(rand.Text()[:8])} }

// OpenGround uses the Redis at url, or starts redis-server if that is "". The
// caller closes it.
func OpenGround(ctx context.Context, url string) (*Ground, error) {
	g := newGround()
	g.URL = url
	if url == "" {
		if err := g.startAll(1); err != nil {
			return nil, errors.Join(err, g.stop())
		}
	}
	if err := g.connect(ctx); err != nil {
		return nil, errors.Join(err, g.stop())
	}
	return g, nil
}

// JoinGround uses the Redis of another process' ground. It removes nothing.
func JoinGround(ctx context.Context, url, namespace string) (*Ground, error) {
	g := &Ground{URL: url, Namespace: namespace}
	if err := g.connect(ctx); err != nil {
		return nil, errors.Join(err, g.stop())
	}
	return g, nil
}

func (g *Ground) connect(ctx context.Context) error {
	opts, err := redisurl.Parse(g.URL)
	if err != nil {
		return err
	}
	g.Client = redisonce.NewClient(opts)
	if err := g.await(ctx); err != nil {
		return fmt.Errorf("redis does not answer: %w", err)
	}
	return nil
}

// startAll runs so many redis-servers, and makes the URL that leads to them.
func (g *Ground) startAll(n int, args ...string) (err error) {
	if g.dir, err = os.MkdirTemp("", "postern-bench-"); err != nil {
		return err
	}
	for i := range n {
		server, addr, err := startServer(g.dir, args...)
		if err != nil {
			return err
		}
		g.servers, g.addrs = append(g.servers, server), append(g.addrs, addr)
		switch i {
		case 0:
			g.URL = "redis://" + addr + "/0"
		case 1:
			g.URL += "?addr=" + addr
		default:
			g.URL += "&addr=" + addr
		}
	}
	return nil
}

func (g *Ground) await(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return child.Until(limited, "Redis answers", func() error {
		info, err := g.Client.Info(limited, "server").Result()
		g.Version = infoField(info, "redis_version")
		return err
	})
}

// Own reports whether the Redis is the ground's own, so that all of it may be
// emptied, and what it spends is for this measurement.
func (g *Ground) Own() bool { return len(g.servers) > 0 }

// Clear empties the ground between two runs: of a given Redis, the namespace.
func (g *Ground) Clear(ctx context.Context) error {
	return g.each(ctx, func(ctx context.Context, c redis.UniversalClient) error {
		if g.Own() {
			return c.FlushAll(ctx).Err()
		}
		for it := c.Scan(ctx, 0, "*"+g.Namespace+":*", 1000).Iterator(); it.Next(ctx); {
			if err := c.Unlink(ctx, it.Val()).Err(); err != nil {
				return err
			}
		}
		return nil
	})
}

// each does something on every master, side by side.
func (g *Ground) each(ctx context.Context, do func(context.Context, redis.UniversalClient) error) error {
	if cluster, ok := g.Client.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error { return do(ctx, c) })
	}
	return do(ctx, g.Client)
}

// Close removes all that was written, and ends what was started.
func (g *Ground) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var err error
	if !g.Own() {
		err = g.Clear(ctx)
	}
	return errors.Join(err, g.stop())
}

func (g *Ground) stop() (err error) {
	if g.Client != nil {
		err = g.Client.Close()
	}
	for _, server := range g.servers {
		server.Kill()
	}
	if g.dir != "" {
		err = errors.Join(err, os.RemoveAll(g.dir))
	}
	return err
}

// infoField is a field of INFO, or "".
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
