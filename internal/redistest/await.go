package redistest

import (
	"context"
	"fmt"
	"strconv"
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

// HoldWrites has a master take no more writes, and returns when every replica
// has all that it took: who stops it then loses nothing that was acknowledged.
// Those who write meanwhile wait, until it is stopped or a minute is over.
func (s *Server) HoldWrites() {
	s.t.Helper()
	s.do("CLIENT", "PAUSE", time.Minute.Milliseconds(), "WRITE")
	taken := int64(-1)
	await(s.t, "the replicas have all", func(ctx context.Context) error {
		info, err := s.info(ctx, "replication")
		if err != nil {
			return err
		}
		if taken < 0 {
			if taken, err = strconv.ParseInt(info["master_repl_offset"], 10, 64); err != nil {
				return fmt.Errorf("INFO replication of %s: %w", s.Addr, err)
			}
		}
		return caughtUp(info, taken)
	})
}

// caughtUp is an error unless a master has replicas, and each has got so far.
func caughtUp(info map[string]string, offset int64) error {
	replicas := 0
	for name, is := range info {
		_, tail, found := strings.Cut(is, ",offset=")
		if !found || !strings.HasPrefix(name, "slave") {
			continue
		}
		text, _, _ := strings.Cut(tail, ",")
		if has, err := strconv.ParseInt(text, 10, 64); err != nil || has < offset {
			return fmt.Errorf("%s: %s; it is to have %d", name, is, offset)
		}
		replicas++
	}
	if replicas == 0 {
		return fmt.Errorf("no replica: %v", info)
	}
	return nil
}
