// Package config reads postern.yaml and the POSTERN_ variables into one
// checked Config. Every error says where, which key, and what to write instead.
//
// The way of a value: file and variables become one tree (yaml.go, environ.go),
// the tree is read into a Config by the table of settings (settings.go,
// read.go), and what concerns several keys is checked last (check.go).
package config

import (
	"log/slog"
	"time"

	"github.com/posternhq/postern/envelope"
)

// Config is a whole node's configuration. It may be printed and logged: a
// Secret does not show. It is not changed after Load.
type Config struct {
	Path      string // the file it was read from
	Node      Node
	Redis     Redis
	HTTP      HTTP
	Wire      Wire
	Tools     Tools
	Media     Media
	Delivery  Delivery
	Inbound   Inbound
	Log       Log
	Platforms []Platform
}

// Node is this process.
type Node struct {
	ID string // the host name if not set
}

// Embedded is the Redis URL that stands for an in-memory Redis in the process.
const Embedded = "embedded"

// Redis is the server. URL may bear a password, so it is a Secret.
type Redis struct {
	URL Secret
}

// HTTP is the server for probes, metrics, hooks and the API.
type HTTP struct {
	Listen    string // host:port
	PublicURL string // how others reach Listen, "" = not said
	Rate      int    // requests a second, of a token or an address; 0 = no limit
	Tokens    []Token
}

// Token is a bearer token and what it opens.
type Token struct {
	Name   string
	Token  Secret
	Scopes []string // admin, publish, media, mcp, metrics
	Rate   int      // requests a second; 0 = HTTP.Rate
}

// Wire holds the names in Redis. An empty name follows from the namespace.
type Wire struct {
	Namespace            string
	OutboundStreamPrefix string
	GatewayGroupPrefix   string
	InboundStream        string
	WorkerGroup          string
	InboundEncoding      string // msgpack or json
	ReplyPrefixes        []string
}

// Tools is the tool registry.
type Tools struct {
	Dir   string // absolute, or relative to the working directory
	Given bool   // Dir was written, and is not the default
}

// Delivery holds the limits and clocks of the outbound path.
type Delivery struct {
	Lease            time.Duration
	SpreadAfter      time.Duration
	AutoclaimEvery   time.Duration
	AutoclaimMinIdle time.Duration
	DedupeWindow     time.Duration
	RetryFor         time.Duration
	MaxAge           time.Duration
	DeadRetention    time.Duration
	DrainTimeout     time.Duration
	InFlight         int
	BacklogCap       int // entries; 0 = none
	MaxEnvelope      int // bytes
}

// Inbound is the inbound stream.
type Inbound struct {
	Retention time.Duration
}

// Log is what goes to standard error.
type Log struct {
	Level  string // debug, info, warn, error
	Format string // text or json
}

// Default returns the configuration of an empty file.
func Default() *Config {
	return &Config{
		Redis: Redis{URL: NewSecret("redis://127.0.0.1:6379/0")},
		HTTP:  HTTP{Listen: "127.0.0.1:8080", Rate: 1000},
		Wire:  Wire{Namespace: "postern", InboundEncoding: envelope.MessagePack.String()},
		Tools: Tools{Dir: "tools"},
		Media: defaultMedia(),
		Delivery: Delivery{
			Lease:            15 * time.Second,
			SpreadAfter:      10 * time.Second,
			AutoclaimEvery:   30 * time.Second,
			AutoclaimMinIdle: 60 * time.Second,
			DedupeWindow:     24 * time.Hour,
			RetryFor:         24 * time.Hour,
			MaxAge:           24 * time.Hour,
			DeadRetention:    30 * 24 * time.Hour,
			DrainTimeout:     30 * time.Second,
			InFlight:         256,
			MaxEnvelope:      1 << 20,
		},
		Inbound: Inbound{Retention: 24 * time.Hour},
		Log:     Log{Level: "info", Format: "text"},
	}
}

// Names returns the names in Redis, those not set derived from the namespace.
func (c *Config) Names() envelope.Names {
	names := envelope.NewNames(c.Wire.Namespace)
	for _, n := range []struct {
		set  string
		into *string
	}{
		{c.Wire.OutboundStreamPrefix, &names.OutboundPrefix},
		{c.Wire.GatewayGroupPrefix, &names.GroupPrefix},
		{c.Wire.InboundStream, &names.InboundStream},
		{c.Wire.WorkerGroup, &names.WorkerGroup},
	} {
		if n.set != "" {
			*n.into = n.set
		}
	}
	names.ReplyPrefixes = c.Wire.ReplyPrefixes
	return names
}

// InboundEncoding is how inbound events are written.
func (c *Config) InboundEncoding() envelope.Encoding {
	if c.Wire.InboundEncoding == envelope.JSON.String() {
		return envelope.JSON
	}
	return envelope.MessagePack
}

// Platform returns the platform of that name.
func (c *Config) Platform(name string) (Platform, bool) {
	for _, p := range c.Platforms {
		if p.Name == name {
			return p, true
		}
	}
	return Platform{}, false
}

// SlogLevel is the level as slog has it.
func (l Log) SlogLevel() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		return slog.LevelInfo
	}
	return level
}
