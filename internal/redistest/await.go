package redistest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// formTimeout bounds what several servers agree on: a Cluster's shape, a
// failover. On an idle machine that is two to five seconds.
const formTimeout = 90 * time.Second

// await asks until the answer is nil, and fails the test with the last one if
// that takes too long.
func await(t testing.TB, what string, ask func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), formTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not after %v: %v", what, formTimeout, err)
		}
	}
}

// info reads one section of a server's INFO.
func (s *Server) info(ctx context.Context, section string) (map[string]string, error) {
	c := s.dial()
	defer func() { _ = c.Close() }()
	text, err := c.Info(ctx, section).Result()
	if err != nil {
		return nil, fmt.Errorf("INFO %s of %s: %w", section, s.Addr, err)
	}
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			out[k] = v
		}
	}
	return out, nil
}

// replicates is an error unless the server is a replica of master, in sync.
func (s *Server) replicates(ctx context.Context, master *Server) error {
	info, err := s.info(ctx, "replication")
	if err != nil {
		return err
	}
	if info["role"] != "slave" || info["master_host"]+":"+info["master_port"] != master.Addr || info["master_link_status"] != "up" {
		return fmt.Errorf("%s is no replica in sync with %s: %v", s.Addr, master.Addr, info)
	}
	return nil
}

// feeds is an error unless the server is a master with at least so many
// replicas that it sends its writes to.
func (s *Server) feeds(ctx context.Context, replicas int) error {
	info, err := s.info(ctx, "replication")
	if err != nil {
		return err
	}
	online := 0
	for k, v := range info {
		if strings.HasPrefix(k, "slave") && strings.Contains(v, "state=online") {
			online++
		}
	}
	if info["role"] != "master" || online < replicas {
		return fmt.Errorf("%s is no master with %d replicas: %v", s.Addr, replicas, info)
	}
	return nil
}
