package worker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redisonce"
	"github.com/posternhq/postern/internal/redisurl"
)

// Options say where Redis is and who the worker is. The zero value is a worker
// of the default names on a Redis on this machine.
type Options struct {
	// URL is Redis', as the gateway's config has it: redis:// or rediss://,
	// with ?master_name= for Sentinel or ?addr= for Cluster. Default:
	// redis://127.0.0.1:6379/0. Ignored if Redis is set.
	URL string

	// Redis is a client to use instead. It stays open after Close. Give it
	// MaxRetries: -1, or what has been published may be published once more
	// when an answer is lost; a ClusterClient does that all the same, so prefer
	// URL there.
	Redis redis.UniversalClient

	// Names are the names in Redis, if the gateway's are not the default ones:
	// envelope.NewNames("my-namespace"), changed as its config's wire section.
	Names envelope.Names

	// Group is the workers' consumer group; default Names.WorkerGroup. Every
	// group gets every event; the workers of a group share them.
	Group string

	// Consumer is this worker's name in the group, for people who look; default
	// the host's name. Workers may share one.
	Consumer string

	// Encoding is how envelopes are written; the default is MessagePack.
	Encoding envelope.Encoding

	// MaxEnvelope is the most bytes of an envelope; 0 means 1 MiB, the
	// gateway's default (delivery.max_envelope).
	MaxEnvelope int

	// Log gets what no error can say; default none.
	Log *slog.Logger
}

// defaultURL is the gateway's default, too.
const defaultURL = "redis://127.0.0.1:6379/0"

// Client is a worker's connection to Redis. All of it is safe for concurrent
// use.
type Client struct {
	redis     redis.UniversalClient
	owned     bool // the connection is ours to close
	names     envelope.Names
	group     string
	consumer  string
	encoding  envelope.Encoding
	limits    envelope.Limits
	log       *slog.Logger
	platforms *directory
	inbox     *inbox
	closing   sync.Once
}

// Open connects and asks Redis whether it answers. An error never bears the
// URL's password.
func Open(ctx context.Context, o Options) (*Client, error) {
	c := &Client{
		redis: o.Redis, names: o.Names, group: o.Group, consumer: o.Consumer,
		encoding: o.Encoding, limits: envelope.DefaultLimits(), log: o.Log,
	}
	if c.names.Namespace == "" {
		c.names = envelope.NewNames("postern")
	}
	if c.group == "" {
		c.group = c.names.WorkerGroup
	}
	if c.consumer == "" {
		c.consumer = hostname()
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if o.MaxEnvelope > 0 {
		c.limits.MaxBytes = o.MaxEnvelope
	}
	if err := errors.Join(c.names.Check(), checkName("group", c.group), checkName("consumer", c.consumer)); err != nil {
		return nil, fmt.Errorf("worker options: %w", err)
	}
	if c.redis == nil {
		client, err := connect(o.URL)
		if err != nil {
			return nil, err
		}
		c.redis, c.owned = client, true
	}
	c.platforms = newDirectory(c.redis, c.names)
	c.inbox = newInbox(c.redis, c.names.Namespace+":reply:"+rand.Text(), c.log)
	if err := c.redis.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("redis does not answer: %w", err), c.Close())
	}
	return c, nil
}

// Close ends what waits for receipts and replies, and the connection unless
// it was given. Stop Receive first, by its context. Once more does nothing.
func (c *Client) Close() (err error) {
	c.closing.Do(func() {
		c.inbox.close()
		if c.owned {
			err = c.redis.Close()
		}
	})
	return err
}

// connect makes a client that never retries by itself: an XADD whose answer is
// lost may have happened, and only the caller knows whether it bears a key.
func connect(url string) (redis.UniversalClient, error) {
	if url == "" {
		url = defaultURL
	}
	o, err := redisurl.Parse(url)
	if err != nil {
		return nil, fmt.Errorf("worker options: URL: %w", err)
	}
	return redisonce.NewClient(o), nil
}

func checkName(what, name string) error {
	if err := envelope.CheckName(name); err != nil {
		return fmt.Errorf("%s %w", what, err)
	}
	return nil
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil || envelope.CheckName(name) != nil {
		return "worker"
	}
	return name
}
