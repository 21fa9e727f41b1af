package bus

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Finding is one thing about Redis that matters for the promise, in words.
type Finding struct {
	OK      bool
	What    string // version, persistence, eviction, replicas
	Says    string // what it is, and what that means
	Cure    string // what to do; "" if OK
	Refuses bool   // the gateway cannot work with it
}

// Examine asks Redis how it is set up, and says what that means. A setting
// that Redis will not tell is a finding too. It changes nothing.
func (b *Bus) Examine(ctx context.Context) ([]Finding, error) {
	if err := b.Ping(ctx); err != nil {
		return nil, fmt.Errorf("redis does not answer: %w", err)
	}
	text, err := b.client.Info(ctx, "server", "replication").Result()
	if err != nil {
		return nil, fmt.Errorf("read INFO: %w", err)
	}
	info := readInfo(text)
	if info[embeddedMark] != "" {
		return []Finding{{
			What: "persistence", Says: "embedded in a process of Postern's: nothing survives its end",
			Cure: "set redis.url to a real Redis before anything matters",
		}}, nil
	}
	return []Finding{
		b.version(info["redis_version"]),
		b.persistence(ctx),
		b.eviction(ctx),
		b.replicas(ctx, info["connected_slaves"]),
	}, nil
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

func (b *Bus) version(v string) Finding {
	f := Finding{OK: true, What: "version", Says: "Redis " + v}
	major, _ := strconv.Atoi(strings.SplitN(v, ".", 2)[0])
	if major < 7 {
		f.OK, f.Refuses, f.Cure = false, true, "use Redis 7.0 or newer"
	}
	return f
}

// setting reads one configuration value; ok is false where Redis does not
// tell, as hosted ones do not.
func (b *Bus) setting(ctx context.Context, name string) (value string, ok bool) {
	m, err := b.client.ConfigGet(ctx, name).Result()
	value, there := m[name]
	return value, err == nil && there
}

func (b *Bus) persistence(ctx context.Context) Finding {
	f := Finding{What: "persistence"}
	aof, told := b.setting(ctx, "appendonly")
	sync, _ := b.setting(ctx, "appendfsync")
	save, _ := b.setting(ctx, "save")
	switch {
	case !told:
		f.Says, f.Cure = "Redis does not tell whether it saves", "make sure that appendonly is on"
	case aof == "yes" && sync == "always":
		f.OK, f.Says = true, "every write is on disk before it is acknowledged: nothing is lost when Redis ends"
	case aof == "yes":
		f.OK, f.Says = true, "the log is written each second: when Redis ends hard, up to a second of what it acknowledged is lost (appendfsync always closes that)"
	case save != "":
		f.Says = "snapshots only: when Redis ends, what was published, claimed and finished since the last one is lost, and may be delivered again"
		f.Cure = "set appendonly yes"
	default:
		f.Says, f.Cure = "nothing is saved: when Redis ends, everything published and not delivered is lost", "set appendonly yes"
	}
	return f
}

func (b *Bus) eviction(ctx context.Context) Finding {
	f := Finding{What: "eviction"}
	policy, told := b.setting(ctx, "maxmemory-policy")
	limit, _ := b.setting(ctx, "maxmemory")
	switch {
	case !told:
		f.Says, f.Cure = "Redis does not tell its maxmemory-policy", "make sure that it is noeviction"
	case policy == "noeviction":
		f.OK, f.Says = true, "noeviction: a full Redis refuses new envelopes, and what is there drains"
	case limit == "0":
		f.OK, f.Says = true, policy+", but without maxmemory nothing is evicted"
	default:
		f.Says = policy + ": a full Redis throws away streams, claims or leases without a word; messages are lost or sent twice"
		f.Cure = "set maxmemory-policy noeviction"
	}
	return f
}

func (b *Bus) replicas(ctx context.Context, connected string) Finding {
	f := Finding{OK: true, What: "replicas"}
	least, told := b.setting(ctx, "min-replicas-to-write")
	switch {
	case connected == "0" || connected == "":
		f.Says = "none: there is no failover, so none can lose what Redis acknowledged"
	case told && least != "0":
		f.Says = connected + " connected, and a write needs " + least + ": a failover loses at most the last moments (min-replicas-max-lag)"
	default:
		f.OK = false
		f.Says = connected + " connected, and a write waits for none: a failover may lose what was acknowledged, and deliver again what was finished"
		f.Cure = "set min-replicas-to-write 1"
	}
	return f
}
