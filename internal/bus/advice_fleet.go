package bus

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// replicas says what a failover costs. INFO counts the good replicas only where
// a write waits for some.
func replicas(r facts) Finding {
	f := Finding{OK: true, What: "replicas"}
	connected := r.number("connected_slaves")
	good, waits := r.info["min_slaves_good_slaves"]
	switch {
	case r.info["role"] == "slave":
		f.OK, f.Refuses = false, true
		f.Says, f.Cure = "this Redis is itself a replica and takes no writes", "name its master in redis.url, or its Sentinels with ?master_name="
	case waits && good == "0":
		f.OK = false
		f.Says = fmt.Sprintf("%d connected, none of them in time, and a write needs one: Redis refuses every write (NOREPLICAS) and nothing is delivered", connected)
		f.Cure = "bring a replica back, or set min-replicas-to-write 0 for as long as there is none"
	case connected == 0:
		f.Says = "none: there is no failover, so none can lose what Redis acknowledged"
	case waits:
		f.Says = fmt.Sprintf("%d connected, and a master without any refuses writes: a failover loses at most what was on its way to them, some milliseconds", connected)
	default:
		f.OK = false
		f.Says = fmt.Sprintf("%d connected, and a write waits for none: a failover may lose what was acknowledged, and deliver again what was finished", connected)
		f.Cure = "set min-replicas-to-write 1"
	}
	return f
}

// skewed is how far Redis' clock may be from ours before it is worth a word.
const skewed = 2 * time.Second

// clock compares Redis' clock with ours. Leases do not depend on it, since
// they are lengths; what is due or expires does.
func (b *Bus) clock(ctx context.Context) Finding {
	f := Finding{OK: true, What: "clock"}
	start := time.Now()
	theirs, err := b.client.Time(ctx).Result()
	if err != nil {
		f.OK, f.Says, f.Cure = false, "Redis does not tell the time: "+err.Error(), "allow the user the command TIME"
		return f
	}
	took := time.Since(start)
	return skew(theirs.Sub(start.Add(took/2)), took)
}

// skew judges a difference that was seen in a call of some length.
func skew(ahead, took time.Duration) Finding {
	f := Finding{OK: true, What: "clock"}
	word := "ahead of"
	if ahead < 0 {
		ahead, word = -ahead, "behind"
	}
	if ahead <= skewed+took/2 {
		f.Says = "Redis' and this node's agree"
		return f
	}
	f.OK = false
	f.Says = fmt.Sprintf("Redis' is %v %s this node's: not_before, expires_at and retention are off by that; order and leases do not depend on it", ahead.Round(time.Second/10), word)
	f.Cure = "run NTP on both machines"
	return f
}

// cluster says whether all slots are served, and survive their master.
func (b *Bus) cluster(ctx context.Context, masters map[string]facts) Finding {
	f := Finding{What: "cluster"}
	text, err := b.client.ClusterInfo(ctx).Result()
	if err != nil {
		f.Says, f.Cure = "the Cluster does not tell its state: "+err.Error(), "allow the user the command CLUSTER"
		return f
	}
	alone := 0
	for _, m := range masters {
		if m.number("connected_slaves") == 0 {
			alone++
		}
	}
	switch info := readInfo(text); {
	case info["cluster_state"] != "ok":
		f.Says = fmt.Sprintf("it is down: %s of 16384 slots are served; platforms in the others wait", info["cluster_slots_ok"])
		f.Cure = "redis-cli --cluster check ADDRESS names the slots"
	case alone > 0:
		f.Says = fmt.Sprintf("%d of %d masters have no replica: when one of them ends, the platforms in its slots wait until it is back", alone, len(masters))
		f.Cure = "give each master a replica"
	default:
		f.OK, f.Says = true, fmt.Sprintf("all slots are served, by %d masters with replicas", len(masters))
	}
	return f
}

// sentinels says whether enough of them are there to agree on a failover.
func (b *Bus) sentinels(ctx context.Context) Finding {
	f := Finding{What: "sentinel"}
	var errs []string
	for _, addr := range b.settings.Addrs {
		s := redis.NewSentinelClient(&redis.Options{
			Addr: addr, Username: b.settings.SentinelUsername, Password: b.settings.SentinelPassword, TLSConfig: b.settings.TLSConfig,
			MaxRetries: -1, DialTimeout: time.Second, ContextTimeoutEnabled: true,
		})
		says, err := s.CkQuorum(ctx, b.settings.MasterName).Result()
		_ = s.Close()
		if err == nil {
			f.OK, f.Says = true, strings.TrimPrefix(says, "OK ")
			return f
		}
		errs = append(errs, addr+": "+err.Error())
	}
	f.Says = "they cannot fail over: " + strings.Join(errs, "; ") + "; a master that ends stays away until it is back"
	f.Cure = "run three Sentinels, and more than half of them at any time"
	return f
}
