// Package bus is Redis, as the gateway uses it: streams read under a fence,
// leases, claims, settlements, dead letters, reply lists.
//
// Every write is a script in a .lua file of its own that compares the lease's
// token first, takes lists, and may be sent twice: a lost reply is answered by
// sending it again. The client itself never retries, because a retried read or
// claim that had succeeded would look like somebody else's.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/posternhq/postern/internal/redisonce"
	"github.com/posternhq/postern/internal/redisurl"
)

// EmbeddedURL as Options.URL means a Redis of the bus' own, in this process,
// that forgets everything when the bus is closed.
const EmbeddedURL = "embedded"

// Options say how to reach Redis.
type Options struct {
	URL string // redis://, rediss://, with ?master_name= or ?addr=, or EmbeddedURL
	Log *slog.Logger
}

// Bus is a connection to Redis. All of it is safe for concurrent use.
type Bus struct {
	client   redis.UniversalClient
	settings *redis.UniversalOptions
	embedded *Embedded
	scripts  *scripts
	log      *slog.Logger
	closing  sync.Once
	notices  *notices
	belfry   *belfry

	mutex sync.Mutex
	more  []redis.UniversalClient // that end with the bus
}

// Open prepares a connection. It does not wait for Redis to answer, except
// that a URL it cannot read is an error; the URL's password is not in it.
func Open(opts Options) (*Bus, error) {
	log := opts.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	logging.Disable() // the client's own log bears addresses and repeats itself; ours is rate-bounded
	b := &Bus{log: log}
	if opts.URL == EmbeddedURL {
		e, err := StartEmbedded()
		if err != nil {
			return nil, err
		}
		b.embedded = e
		b.settings = &redis.UniversalOptions{Addrs: []string{e.Addr()}}
	} else {
		settings, err := redisurl.Parse(opts.URL)
		if err != nil {
			return nil, fmt.Errorf("redis.url, if not embedded: %w", err)
		}
		b.settings = settings
	}
	b.scripts = loadScripts()
	b.client = b.newClient(0)
	b.notices, b.belfry = newNotices(b.client), newBelfry(b)
	return b, nil
}

// newClient makes a client of our settings; pool 0 is the library's default.
func (b *Bus) newClient(pool int) redis.UniversalClient {
	o := *b.settings
	if pool > 0 {
		o.PoolSize = pool
	}
	return redisonce.NewClient(&o)
}

// Client is the plain client, for reads and for what needs no fence.
func (b *Bus) Client() redis.UniversalClient { return b.client }

// Cluster reports whether Redis is a Cluster, where one script may touch one
// slot only.
func (b *Bus) Cluster() bool {
	_, ok := b.client.(*redis.ClusterClient)
	return ok
}

// Addr is where the embedded Redis of the bus' own listens, or "".
func (b *Bus) Addr() string {
	if b.embedded == nil {
		return ""
	}
	return b.embedded.Addr()
}

// Ping asks whether Redis answers.
func (b *Bus) Ping(ctx context.Context) error { return b.client.Ping(ctx).Err() }

// Close ends every connection, and the embedded Redis. Once more does nothing.
func (b *Bus) Close() (err error) {
	b.closing.Do(func() {
		b.mutex.Lock()
		defer b.mutex.Unlock()
		b.notices.close()
		b.belfry.close()
		for _, c := range append(b.more, b.client) {
			err = errors.Join(err, c.Close())
		}
		if b.embedded != nil {
			b.embedded.Close()
		}
	})
	return err
}
