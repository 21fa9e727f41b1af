package bench

import (
	"context"
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
)

// startServer runs a redis-server that keeps nothing on disk, on a free port,
// in a directory of its own below dir.
func startServer(dir string, args ...string) (server *child.Process, addr string, err error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, "", errors.New("no redis-server on PATH: install one, or give the URL of a Redis that may be loaded")
	}
	port, err := child.FreePort()
	if err != nil {
		return nil, "", err
	}
	at := filepath.Join(dir, strconv.Itoa(port))
	if err := os.Mkdir(at, 0o700); err != nil {
		return nil, "", err
	}
	server, err = child.Start(exec.Command(program, append([]string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", at,
		"--save", "", "--appendonly", "no", "--logfile", filepath.Join(at, "log"),
	}, args...)...))
	return server, fmt.Sprintf("127.0.0.1:%d", port), err
}

const (
	masters = 3 // of a Cluster
	slots   = 16384
)

// OpenCluster starts a Redis Cluster of three masters that share the slots
// evenly. The caller closes it.
func OpenCluster(ctx context.Context) (*Ground, error) {
	g := newGround()
	if err := errors.Join(g.startAll(masters, "--cluster-enabled", "yes"), g.form(ctx)); err != nil {
		return nil, errors.Join(err, g.stop())
	}
	if err := g.connect(ctx); err != nil {
		return nil, errors.Join(err, g.stop())
	}
	return g, nil
}

// form makes one Cluster of the servers, and returns once each says that it is
// whole.
func (g *Ground) form(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var clients []*redis.Client
	for _, addr := range g.addrs {
		c := redis.NewClient(&redis.Options{Addr: addr})
		defer c.Close()
		clients = append(clients, c)
	}
	host, port, err := net.SplitHostPort(g.addrs[0])
	if err != nil {
		return err
	}
	for i, c := range clients {
		if err := child.Until(ctx, "redis-server listens", func() error { return listens(ctx, g.addrs[i]) }); err != nil {
			return err
		}
		err := c.ClusterAddSlotsRange(ctx, i*slots/masters, (i+1)*slots/masters-1).Err()
		if i > 0 {
			err = errors.Join(err, c.ClusterMeet(ctx, host, port).Err())
		}
		if err != nil {
			return fmt.Errorf("form a Cluster: %w", err)
		}
	}
	for _, c := range clients {
		if err := child.Until(ctx, "the Cluster is whole", func() error { return whole(ctx, c) }); err != nil {
			return fmt.Errorf("the Cluster does not form: %w", err)
		}
	}
	return nil
}

// listens is an error unless something does: the client's own log would tell
// of each time that it is too early.
func listens(ctx context.Context, addr string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// whole is an error unless a node knows all others, and who serves each slot.
func whole(ctx context.Context, c *redis.Client) error {
	info, err := c.ClusterInfo(ctx).Result()
	if err != nil {
		return err
	}
	if infoField(info, "cluster_state") != "ok" || infoField(info, "cluster_size") != strconv.Itoa(masters) {
		return errors.New(strings.ReplaceAll(info, "\r\n", " "))
	}
	return nil
}
