package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/suggest"
)

// app is what every command works with.
type app struct {
	Env
	configPath string

	ctx    context.Context // ends with the first signal
	abort  context.Context // ends with the second
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func newApp(ctx context.Context, env Env, configPath string) *app {
	a := &app{Env: env, configPath: configPath}
	abort, end := context.WithCancel(context.WithoutCancel(ctx))
	stop, cancel := context.WithCancel(ctx)
	closed := make(chan struct{})
	a.ctx, a.abort = stop, abort
	a.cancel = sync.OnceFunc(func() { close(closed); cancel(); end() })
	a.done.Go(func() {
		for _, next := range []context.CancelFunc{cancel, end} {
			select {
			case <-env.Signals: // a nil channel never speaks
				next()
			case <-closed:
				return
			}
		}
	})
	return a
}

func (a *app) close() {
	a.cancel()
	a.done.Wait()
}

// config loads the config for a command that only talks to Redis, and tells
// its warnings.
func (a *app) config() (*config.Config, error) {
	return a.loaded(config.LoadWithoutSecrets(a.configPath, a.Environ, a.Kinds))
}

func (a *app) loaded(cfg *config.Config, warnings []config.Warning, err error) (*config.Config, error) {
	for _, w := range warnings {
		fmt.Fprintln(a.Stderr, "warning:", w)
	}
	var wrong config.Errors
	if err != nil && !errors.As(err, &wrong) {
		return nil, usageError{err.Error()} // the file cannot be read
	}
	return cfg, err
}

// connect loads the config and opens its Redis.
func (a *app) connect() (*config.Config, *bus.Bus, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, nil, err
	}
	if cfg.Redis.URL.Reveal() == config.Embedded {
		return nil, nil, usagef("redis.url is embedded: that Redis lives inside the serving process and no other command reaches it; name a server in redis.url, or for this once in POSTERN_REDIS_URL")
	}
	b, err := bus.Open(bus.Options{URL: cfg.Redis.URL.Reveal()})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(a.ctx, 5*time.Second)
	defer cancel()
	if err := b.Ping(ctx); err != nil {
		return nil, nil, errors.Join(errRedisAway(err, cfg.Redis.URL.Reveal()), b.Close())
	}
	return cfg, b, nil
}

// stream is the outbound stream of a platform of the config.
func (a *app) stream(cfg *config.Config, b *bus.Bus, name string) (*bus.Stream, error) {
	if err := known(cfg, name); err != nil {
		return nil, err
	}
	return b.Stream(cfg.Names(), name, ""), nil
}

// known says which platforms there are, if name is none of them.
func known(cfg *config.Config, name string) error {
	if _, ok := cfg.Platform(name); ok {
		return nil
	}
	names := platformNames(cfg)
	if len(names) == 0 {
		return usagef("no platform %q: %s has none", name, cfg.Path)
	}
	return usagef("no platform %q%s; %s has %s", name, suggest.DidYouMean(name, names), cfg.Path, strings.Join(names, ", "))
}

func platformNames(cfg *config.Config) []string {
	names := make([]string, len(cfg.Platforms))
	for i, p := range cfg.Platforms {
		names[i] = p.Name
	}
	slices.Sort(names)
	return names
}

// logger writes to standard error as the config's log section says.
func (a *app) logger(l config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.SlogLevel()}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(a.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(a.Stderr, options))
}

// printJSON prints one value on one line.
func (a *app) printJSON(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	_, err = fmt.Fprintln(a.Stdout, string(data))
	return err
}

// publish adds an envelope to an outbound stream and returns its entry's id.
func (a *app) publish(client redis.UniversalClient, stream string, data []byte, traceID string) (string, error) {
	values := []any{"data", data, "ts", time.Now().Unix()}
	if traceID != "" {
		values = append(values, "trace_id", traceID)
	}
	id, err := client.XAdd(a.ctx, &redis.XAddArgs{Stream: stream, Values: values}).Result()
	if err != nil {
		return "", fmt.Errorf("publishing to %s: %w", stream, err)
	}
	return id, nil
}

// errNoAnswer says that nothing came in time.
var errNoAnswer = errors.New("no answer in time")

// await takes one value from a list, which nobody else knows. It asks again
// each second, so that a signal is heeded.
func (a *app) await(client redis.UniversalClient, list string, wait time.Duration) ([]byte, error) {
	for deadline := time.Now().Add(wait); ; {
		left := time.Until(deadline)
		if left <= 0 {
			return nil, errNoAnswer
		}
		// Redis counts a BLPOP's time in milliseconds, and 0 is for ever.
		got, err := client.BLPop(a.ctx, max(min(left, time.Second), 10*time.Millisecond), list).Result()
		switch {
		case a.ctx.Err() != nil:
			return nil, a.ctx.Err()
		case errors.Is(err, redis.Nil):
			continue
		case err != nil:
			return nil, fmt.Errorf("waiting on %s: %w", list, err)
		}
		return []byte(got[1]), nil
	}
}

// replyList names a list for one answer.
func replyList(names envelope.Names, id string) string {
	return names.Namespace + ":reply:" + id
}
