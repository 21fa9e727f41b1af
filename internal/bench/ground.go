package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/child"
	"github.com/posternhq/postern/internal/redisonce"
	"github.com/posternhq/postern/internal/redisurl"
)

// Ground is the Redis that is measured on: one of its own, or a given one, of
// which it touches nothing but a namespace of its own.
type Ground struct {
	URL       string
	Namespace string
	Client    redis.UniversalClient
	Version   string

	server *child.Process // nil = it was given
	dir    string
}

// OpenGround uses the Redis at url, or starts redis-server if that is "". The
// caller closes it.
func OpenGround(ctx context.Context, url string) (*Ground, error) {
	g := &Ground{URL: url, Namespace: "bench-" + strings.ToLower(rand.Text()[:8])}
	if url == "" {
		if err := g.start(); err != nil {
			return nil, err
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

// start runs a redis-server that keeps nothing on disk, on a free port.
func (g *Ground) start() error {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return errors.New("no redis-server on PATH: install one, or give the URL of a Redis that may be loaded")
	}
	if g.dir, err = os.MkdirTemp("", "postern-bench-"); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.Command(program, "--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", g.dir,
		"--save", "", "--appendonly", "no", "--logfile", filepath.Join(g.dir, "log"))
	if g.server, err = child.Start(cmd); err != nil {
		return err
	}
	g.URL = fmt.Sprintf("redis://127.0.0.1:%d/0", port)
	return nil
}

func (g *Ground) await(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		info, err := g.Client.Info(limited, "server").Result()
		if err == nil {
			g.Version = infoField(info, "redis_version")
			return nil
		}
		select {
		case <-limited.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Own reports whether the Redis is the ground's own, so that all of it may be
// emptied, and what it spends is for this measurement.
func (g *Ground) Own() bool { return g.server != nil }

// clear removes what an earlier run left in the namespace.
func (g *Ground) clear(ctx context.Context) error {
	if g.Own() {
		return g.Client.FlushAll(ctx).Err()
	}
	remove := func(ctx context.Context, c redis.UniversalClient) error {
		for it := c.Scan(ctx, 0, "*"+g.Namespace+":*", 1000).Iterator(); it.Next(ctx); {
			if err := c.Unlink(ctx, it.Val()).Err(); err != nil {
				return err
			}
		}
		return nil
	}
	if cluster, ok := g.Client.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error { return remove(ctx, c) })
	}
	return remove(ctx, g.Client)
}

// Clear empties the ground between two runs.
func (g *Ground) Clear(ctx context.Context) error { return g.clear(ctx) }

// Close removes all that was written, and ends what was started.
func (g *Ground) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var err error
	if !g.Own() {
		err = g.clear(ctx)
	}
	return errors.Join(err, g.stop())
}

func (g *Ground) stop() (err error) {
	if g.Client != nil {
		err = g.Client.Close()
	}
	if g.server != nil {
		g.server.Kill()
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
