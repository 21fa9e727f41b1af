package main

import (
	"context"
	_ "embed"

	"github.com/posternhq/postern/internal/bench"
)

// peer is one of those that are compared.
type peer struct {
	name    string
	slow    bool // a few thousand messages a second
	python  bool // it is the program in consumer.py
	publish func(context.Context, *bench.Ground, bench.Load) error
	// consume handles n messages and returns when Redis has acknowledged their
	// ends.
	consume func(ctx context.Context, g *bench.Ground, n int, handle func([]byte)) error
	how     string
	keeps   map[string]string
}

const (
	posternName = "Postern"
	bareName    = "bare loop"
	pythonName  = "Python asyncio"
	stream      = "peers"
	group       = "peers"
)

//go:embed consumer.py
var consumerPy string

// What may be promised, as the table names it.
var promises = []string{
	"a crash loses nothing",
	"a key is handled once",
	"a crash halfway through is known",
	"in order by conversation",
	"a stale owner changes nothing",
	"retries with backoff",
	"dead letters",
}

const yes = "yes"

var peers = []peer{
	{
		name: bareName, publish: publishEntries,
		consume: func(ctx context.Context, g *bench.Ground, n int, handle func([]byte)) error {
			return bench.Bare(ctx, g.Client, stream, group, n, handle)
		},
		how: "go-redis, XREADGROUP COUNT 512 and one XACK for all that was read. The payload is not decoded. Nobody takes over what a crash leaves pending.",
	},
	{
		name: "pipelined by hand", publish: publishEntries, consume: pipelined,
		how: "go-redis; of each 512 read, a pipeline of SET claim NX, the handler, a pipeline of SET done, one XACK and one XDEL. The payload is decoded. A claim that expires reopens the window for a duplicate.",
		keeps: map[string]string{
			"a key is handled once": "unless it crashes",
		},
	},
	{
		name: posternName, publish: publishPostern, consume: consumePostern,
		how: "the outbound consumer as a node runs it, in this process, over an adapter that does nothing on a platform without a key of its own; each message has a message_key.",
		keeps: map[string]string{
			"a crash loses nothing": yes, "a key is handled once": yes, "a crash halfway through is known": yes,
			"in order by conversation": yes, "a stale owner changes nothing": yes, "retries with backoff": yes, "dead letters": yes,
		},
	},
	{
		name: "watermill-redisstream", slow: true, publish: publishWatermill, consume: consumeWatermill,
		how:   "its subscriber reads one entry at a time, so 64 of them share one group, without a router; the payload is not decoded.",
		keeps: map[string]string{"a crash loses nothing": yes, "retries with backoff": "resends at once, or after a pause"},
	},
	{
		name: "asynq", slow: true, publish: publishAsynq, consume: consumeAsynq,
		how: "Concurrency 256, TaskCheckInterval 1 ms, tasks without a unique lock and without retention; the payload is not decoded.",
		keeps: map[string]string{
			"a crash loses nothing": yes, "a key is handled once": "while it waits, if asked for", "retries with backoff": yes, "dead letters": yes,
		},
	},
	{
		name: pythonName, slow: true, python: true, publish: publishEntries,
		how:   "python3-redis of Debian in the origin's shape: XREADGROUP COUNT 512, a task for each message, 64 at once, which decodes and handles it and then acknowledges it with an XACK of its own.",
		keeps: map[string]string{"a crash loses nothing": "with a sweep"},
	},
	{
		name: "Python asyncio, acks in batches", python: true, publish: publishEntries,
		how:   "the bare loop in Python: each message decoded and handled in its turn, the XACKs of all that was read in one pipeline.",
		keeps: map[string]string{"a crash loses nothing": "with a sweep"},
	},
}
