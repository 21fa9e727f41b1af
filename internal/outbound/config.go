package outbound

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/tool"
	"github.com/posternhq/postern/platform"
)

// Limits are a consumer's numbers. A zero one is the default.
type Limits struct {
	Lease         time.Duration // 15 s: after a crash, the next owner takes over within it
	InFlight      int           // 256 operations at once, over all lanes
	DedupeWindow  time.Duration // 24 h from its end that a key is remembered
	RetryFor      time.Duration // 24 h from publishing that a failing one is retried
	MaxAge        time.Duration // 24 h from publishing that one may still be started
	DeadRetention time.Duration // 30 days that a dead letter is kept
	StreamQuiet   time.Duration // 120 s without a snapshot, and a stream is finished as it stands
	Drain         time.Duration // 30 s that a stop waits for what is in flight
	Envelope      envelope.Limits
}

func (l Limits) withDefaults() Limits {
	day := 24 * time.Hour
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&l.Lease, 15*time.Second)
	set(&l.DedupeWindow, day)
	set(&l.RetryFor, day)
	set(&l.MaxAge, day)
	set(&l.DeadRetention, 30*day)
	set(&l.StreamQuiet, 120*time.Second)
	set(&l.Drain, 30*time.Second)
	if l.InFlight == 0 {
		l.InFlight = 256
	}
	if l.Envelope == (envelope.Limits{}) {
		l.Envelope = envelope.DefaultLimits()
	}
	return l
}

// Config says what a consumer serves. Redis, Platform, Adapter and Consumer
// are required.
type Config struct {
	Redis    *bus.Bus
	Names    envelope.Names
	Platform string // its name in the config
	Adapter  platform.Adapter
	Consumer string // our name in the consumer group: the node's id

	AutoclaimInterval time.Duration // 30 s between sweeps of the pending list
	AutoclaimMinIdle  time.Duration // 60,000 ms that an entry must lie idle for one

	ToolsDir string         // "tools"; looked at when the first tool is asked for
	Tools    *tool.Registry // shared by several consumers; nil = one of our own over ToolsDir

	Media Media // fetches media by url, for an adapter that takes blobs; nil = they stay as they are

	Fleet Fleet // the other nodes; nil = nothing is known of them
	// Yield closes a connection of which the platform bears only one, before
	// the lease is released; nil = nothing is to be closed. An error keeps the
	// lease from being released: it runs out.
	Yield func(context.Context) error

	OnUnknown string // the platform's default for a send that may have happened
	Limits    Limits
	Watcher   Watcher
	Meter     Meter
	Log       *slog.Logger
}

// withDefaults fills in what was left out and says what must not be.
func (cfg Config) withDefaults() (Config, error) {
	switch {
	case cfg.Redis == nil || cfg.Adapter == nil || cfg.Consumer == "":
		return cfg, errors.New("an outbound consumer needs redis, an adapter and a consumer name")
	case cfg.Names.Namespace == "":
		cfg.Names = envelope.NewNames("postern")
	}
	if err := envelope.CheckPlatform(cfg.Platform); err != nil {
		return cfg, err
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.AutoclaimInterval == 0 {
		cfg.AutoclaimInterval = 30 * time.Second
	}
	if cfg.AutoclaimMinIdle == 0 {
		cfg.AutoclaimMinIdle = 60_000 * time.Millisecond
	}
	if cfg.ToolsDir == "" {
		cfg.ToolsDir = "tools"
	}
	if cfg.OnUnknown == "" {
		cfg.OnUnknown = envelope.UnknownResend
	}
	if cfg.Fleet == nil {
		cfg.Fleet = alone{}
	}
	if cfg.Yield == nil {
		cfg.Yield = func(context.Context) error { return nil }
	}
	if cfg.Watcher == nil {
		cfg.Watcher = noWatcher{}
	}
	if cfg.Meter == nil {
		cfg.Meter = noMeter{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Log = cfg.Log.With("platform", cfg.Platform)
	return cfg, nil
}
