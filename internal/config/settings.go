package config

import (
	"slices"
	"time"
)

// settings is every key of the config but those of list items, in the order
// of docs/config.md. The defaults are what Default set.
func (c *Config) settings(k kinds) []setting {
	d := &c.Delivery
	return slices.Concat([]setting{
		{key: "node.id", into: &c.Node.ID, rule: notEmpty, help: "this node's name in the registry; default: the host name"},

		{key: "redis.url", into: &c.Redis.URL, inline: true, rule: redisURL, help: "redis://, rediss://; ?master_name= for Sentinel, ?addr= for Cluster; embedded: in memory, for trying out"},

		{key: "http.listen", into: &c.HTTP.Listen, rule: hostPort, help: "host:port of probes, metrics, hooks and API; other than loopback only with tokens"},
		{key: "http.public_url", into: &c.HTTP.PublicURL, rule: publicURL, help: "how others reach http.listen, such as https://chat.example.com: what links to files start with"},
		{key: "http.rate", into: &c.HTTP.Rate, rule: atLeast(0), help: "requests a second of each token, and of each address that calls a hook or bears no right token; twice that at once; 0: no limit"},
		{key: "http.tokens", into: c.tokens(), help: "bearer tokens"},

		{key: "wire.namespace", into: &c.Wire.Namespace, rule: redisName, help: "what all names in Redis start with"},
		{key: "wire.outbound_stream_prefix", into: &c.Wire.OutboundStreamPrefix, rule: redisName, help: "outbound streams are <prefix>:<platform>; default <namespace>:outbound"},
		{key: "wire.gateway_group_prefix", into: &c.Wire.GatewayGroupPrefix, rule: redisName, help: "their consumer groups; default <namespace>:gateway"},
		{key: "wire.inbound_stream", into: &c.Wire.InboundStream, rule: redisName, help: "the inbound stream; default <namespace>:inbound"},
		{key: "wire.worker_group", into: &c.Wire.WorkerGroup, rule: redisName, help: "the workers' group on it; default <namespace>:workers"},
		{key: "wire.inbound_encoding", into: &c.Wire.InboundEncoding, rule: oneOf("msgpack", "json"), help: "how inbound events are written: msgpack or json"},
		{key: "wire.reply_prefixes", into: &c.Wire.ReplyPrefixes, rule: redisName, help: "more prefixes that a receipt_to or reply_queue may have"},

		{key: "tools.dir", into: &c.Tools.Dir, rule: notEmpty, help: "the tools and their _manifest.json"},
	}, c.Media.settings(), []setting{
		{key: "delivery.lease", into: &d.Lease, rule: atLeast(time.Second), help: "how long after a crash a stand-by waits before it takes over; at least 1s"},
		{key: "delivery.spread_after", into: &d.SpreadAfter, rule: atLeast(time.Duration(0)), help: "how long nodes and leases must have stood before platforms move to even out; 0: they never do"},
		{key: "delivery.autoclaim_interval", into: &d.AutoclaimEvery, rule: atLeast(time.Second), help: "how often entries left pending are swept up"},
		{key: "delivery.autoclaim_min_idle", into: &d.AutoclaimMinIdle, rule: atLeast(time.Second), help: "how long an entry lies before the sweep takes it"},
		{key: "delivery.dedupe_window", into: &d.DedupeWindow, rule: atLeast(time.Second), help: "how long a message_key is remembered after it ended"},
		{key: "delivery.retry_for", into: &d.RetryFor, rule: atLeast(time.Second), help: "how long a transient failure is tried again"},
		{key: "delivery.max_age", into: &d.MaxAge, rule: atLeast(time.Second), help: "an envelope older than this before it is sent has expired"},
		{key: "delivery.dead_retention", into: &d.DeadRetention, rule: atLeast(time.Minute), help: "how long dead letters and parked records are kept"},
		{key: "delivery.drain_timeout", into: &d.DrainTimeout, rule: atLeast(time.Duration(0)), help: "how long a stop waits for what is in flight"},
		{key: "delivery.in_flight", into: &d.InFlight, rule: atLeast(1), help: "operations at once, per platform"},
		{key: "delivery.backlog_cap", into: &d.BacklogCap, rule: atLeast(0), help: "entries waiting above which SDK and HTTP refuse to publish; 0: no cap"},
		{key: "delivery.max_envelope", into: &d.MaxEnvelope, rule: envelopeSize, help: "bytes of one envelope; 1024 to 67108864"},

		{key: "inbound.retention", into: &c.Inbound.Retention, rule: atLeast(time.Minute), help: "what is older leaves the inbound stream even if a group still needs it"},

		{key: "log.level", into: &c.Log.Level, rule: oneOf("debug", "info", "warn", "error"), help: "debug, info, warn or error"},
		{key: "log.format", into: &c.Log.Format, rule: oneOf("text", "json"), help: "text or json"},

		{key: "platforms", into: c.platforms(k), help: "the platforms to connect"},
	})
}

func (c *Config) tokens() *list {
	return &list{common: new(Token).settings(), item: func(func(string) string) ([]setting, func(bool) *keyError, *keyError) {
		t := new(Token)
		keep := func(bool) *keyError {
			c.HTTP.Tokens = append(c.HTTP.Tokens, *t)
			return nil
		}
		return t.settings(), keep, nil
	}}
}

func (t *Token) settings() []setting {
	return []setting{
		{key: "name", into: &t.Name, rule: notEmpty, required: true, help: "whose token it is, for the log"},
		{key: "token", into: &t.Token, required: true, help: "the token"},
		{key: "scopes", into: &t.Scopes, rule: oneOf("admin", "publish", "media", "mcp", "metrics"), required: true, help: "what it opens: admin, publish, media, mcp, metrics"},
		{key: "rate", into: &t.Rate, rule: atLeast(0), help: "its own requests a second; 0: http.rate"},
	}
}
