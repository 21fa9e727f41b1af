package command

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// oldestRedis is the first major version that the scripts run on.
const oldestRedis = 7

// server is what a Redis says of itself, as far as the promise depends on it.
type server struct {
	info map[string]string
	save string // the snapshots' schedule; "?" if the server does not tell
}

func readServer(ctx context.Context, client redis.UniversalClient) (server, error) {
	text, err := client.Info(ctx).Result()
	if err != nil {
		return server{}, err
	}
	s := server{info: map[string]string{}, save: "?"}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			s.info[name] = value
		}
	}
	// Hosted servers often refuse CONFIG; INFO alone then has to do.
	if conf, err := client.ConfigGet(ctx, "save").Result(); err == nil {
		s.save = conf["save"]
	}
	return s, nil
}

func (s server) number(name string) int {
	n, _ := strconv.Atoi(s.info[name]) // what is not told counts as 0
	return n
}

func (s server) findings() []finding {
	return []finding{s.version(), s.persistence(), s.eviction(), s.replicas()}
}

func (s server) version() finding {
	v := s.info["redis_version"]
	major, _, _ := strings.Cut(v, ".")
	if n, err := strconv.Atoi(major); err == nil && n < oldestRedis {
		return finding{wrong, "redis", "version " + v, fmt.Sprintf("%d.0 or newer is needed", oldestRedis)}
	}
	return finding{Verdict: right, About: "redis", Says: "version " + v + " answers"}
}

func (s server) persistence() finding {
	const about, cure = "redis persistence", "CONFIG SET appendonly yes, and keep it in redis.conf"
	switch {
	case s.info["aof_enabled"] == "1":
		return finding{Verdict: right, About: about, Says: "append-only file: a crash of the machine loses at most what appendfsync has not written, a second by default"}
	case s.save == "":
		return finding{wrong, about, "off: a restart of Redis loses every message that waits", cure}
	case s.save == "?":
		return finding{doubtful, about, "no append-only file, and the server does not tell its snapshots", "ask its operator; with snapshots only, a crash loses what came since the last"}
	}
	return finding{doubtful, about, "snapshots only: a crash of Redis loses what came since the last one", cure}
}

func (s server) eviction() finding {
	const about = "redis eviction"
	policy := s.info["maxmemory_policy"]
	limited := s.number("maxmemory") > 0
	switch {
	case policy == "noeviction" || policy == "":
		return finding{Verdict: right, About: about, Says: "noeviction: a full Redis refuses new messages and keeps what it has"}
	case limited:
		return finding{wrong, about, policy + ": a full Redis deletes messages and claims on its own", "CONFIG SET maxmemory-policy noeviction"}
	}
	return finding{doubtful, about, policy + ", harmless only while maxmemory is not set", "CONFIG SET maxmemory-policy noeviction"}
}

func (s server) replicas() finding {
	const about = "redis replicas"
	if s.info["cluster_enabled"] != "1" && s.number("connected_slaves") == 0 {
		return finding{Verdict: right, About: about, Says: "none: what is waiting is as safe as this one server's disk"}
	}
	// INFO has this line only where min-replicas-to-write is set.
	if _, set := s.info["min_slaves_good_slaves"]; set {
		return finding{Verdict: right, About: about, Says: "min-replicas-to-write is set: what is acknowledged is on a replica's way, and a cut-off master stops taking more"}
	}
	return finding{doubtful, about, "min-replicas-to-write is not set: a failover may lose messages that were acknowledged", "CONFIG SET min-replicas-to-write 1"}
}
