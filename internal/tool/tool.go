// Package tool runs tools: executables in one directory, each an MCP server on
// standard input and output, named in an allow-list.
//
//	_manifest.json ── vet ── start, handshake, list ──► catalog   (once, at the first use)
//	                                                       │
//	Execute ── find ── hash ── arguments ── call ── result ┘
//
// A server is kept running between calls, in a process group of its own, and
// the group is ended as a whole: by a call that runs over its time, by output
// that is no protocol, by Close. It starts again at the next use.
package tool

import (
	"log/slog"
	"time"

	"github.com/posternhq/postern/internal/schema"
)

// Config is what a Registry is built from. The zero value of a field stands
// for its default.
type Config struct {
	Dir          string        // where the tools and their allow-list lie; default "tools"
	Log          *slog.Logger  // default slog.Default()
	Timeout      time.Duration // of one call; default 60 s
	StartTimeout time.Duration // from starting a server to its list of tools; default 10 s
	Grace        time.Duration // between SIGTERM and SIGKILL; default 2 s
	MaxOutput    int           // bytes of one result as JSON; default 1 MiB
}

func (c Config) withDefaults() Config {
	if c.Dir == "" {
		c.Dir = "tools"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	if c.StartTimeout <= 0 {
		c.StartTimeout = 10 * time.Second
	}
	if c.Grace <= 0 {
		c.Grace = 2 * time.Second
	}
	if c.MaxOutput <= 0 {
		c.MaxOutput = 1 << 20
	}
	return c
}

// Tool is one tool that can be called.
type Tool struct {
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	InputSchema map[string]any `json:"input_schema"`
	SchemaHash  string         `json:"schema_hash"` // see schema.Schema.Hash
	ReadOnly    bool           `json:"read_only"`   // its server says: changes nothing
	Idempotent  bool           `json:"idempotent"`  // its server says: twice is as good as once
	Server      string         `json:"server"`      // the file that offers it

	arguments *schema.Schema
}

// RunsAgain reports whether the tool may be called again after a crash in the
// middle of a call.
func (t Tool) RunsAgain() bool { return t.ReadOnly || t.Idempotent }
