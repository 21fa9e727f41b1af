package bus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Finding is one thing about Redis that matters for the promise, in words.
type Finding struct {
	OK      bool
	What    string // version, persistence, eviction, memory, replicas, clock, cluster, sentinel
	Says    string // what it is, and what that means
	Cure    string // what to do; "" if OK
	Refuses bool   // the gateway cannot work with it
}

// facts are what one Redis process tells about itself, by name: of INFO, which
// a hosted Redis tells too, and of CONFIG, which it may refuse.
type facts struct{ info, config map[string]string }

func (f facts) number(name string) int64 {
	n, _ := strconv.ParseInt(f.info[name], 10, 64)
	return n
}

// Examine asks Redis how it is set up, and says what that means; in a Cluster,
// every master. A setting that Redis will not tell is a finding too. It changes
// nothing.
func (b *Bus) Examine(ctx context.Context) ([]Finding, error) {
	if err := b.Ping(ctx); err != nil {
		return nil, fmt.Errorf("redis does not answer: %w", err)
	}
	nodes, err := b.facts(ctx)
	if err != nil {
		return nil, err
	}
	var all []Finding
	said := map[Finding]int{} // by how many nodes
	for _, addr := range slices.Sorted(maps.Keys(nodes)) {
		f := nodes[addr]
		if f.info[embeddedMark] != "" {
			return []Finding{{
				What: "persistence", Says: "embedded in a process of Postern's: nothing survives its end",
				Cure: "set redis.url to a real Redis before anything matters",
			}}, nil
		}
		for _, finding := range []Finding{version(f), persistence(f), eviction(f), memory(f), replicas(f)} {
			if said[finding]++; said[finding] == 1 {
				all = append(all, finding)
			}
		}
	}
	for i, f := range all {
		if n := said[f]; n < len(nodes) {
			all[i].Says = fmt.Sprintf("%s (%d of %d masters)", f.Says, n, len(nodes))
		}
	}
	all = append(all, b.clock(ctx))
	if b.Cluster() {
		all = append(all, b.cluster(ctx, nodes))
	}
	if b.settings.MasterName != "" {
		all = append(all, b.sentinels(ctx))
	}
	return all, nil
}

// facts asks each master, by its process' own id.
func (b *Bus) facts(ctx context.Context) (map[string]facts, error) {
	var mutex sync.Mutex // masters are asked side by side
	nodes := map[string]facts{}
	err := b.eachMaster(ctx, func(ctx context.Context, c redis.Cmdable) error {
		text, err := c.Info(ctx).Result()
		if err != nil {
			return fmt.Errorf("read INFO: %w", err)
		}
		f := facts{info: readInfo(text), config: map[string]string{}}
		for _, name := range []string{"appendfsync", "save"} {
			if m, err := c.ConfigGet(ctx, name).Result(); err == nil {
				maps.Copy(f.config, m)
			}
		}
		mutex.Lock()
		defer mutex.Unlock()
		nodes[f.info["run_id"]] = f
		return nil
	})
	return nodes, err
}

func readInfo(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			out[k] = v
		}
	}
	return out
}

// version: Lua flags and the deleted ids of XAUTOCLAIM came with 7.0.
func version(r facts) Finding {
	v := r.info["redis_version"]
	f := Finding{OK: true, What: "version", Says: "Redis " + v}
	if major, _ := strconv.Atoi(strings.SplitN(v, ".", 2)[0]); major < 7 {
		f.OK, f.Refuses, f.Cure = false, true, "use Redis 7.0 or newer"
	}
	return f
}
