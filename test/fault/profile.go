package fault

import (
	"time"

	"github.com/posternhq/postern/test/fault/history"
	"github.com/posternhq/postern/test/fault/sink"
	"github.com/posternhq/postern/test/fault/worker"
	"github.com/posternhq/postern/test/fault/world"
)

// lease is delivery.lease of every node: the shortest there may be.
const lease = time.Second

// Profile is a kind of platform, what its crowd says, and what is promised.
type Profile struct {
	Name     string
	Promise  history.Promise
	Keys     sink.Keys
	Settings string // YAML of the platform, but name and url: see world.Setting
	Crowd    worker.Profile
}

// Profiles are all there are. The first three are the webhook platform as it
// is shipped, the others the adapter of test/fault/gateway.
func Profiles() []Profile {
	const (
		webhook = "kind: webhook, timeout: 1500ms, "
		fault   = "kind: fault, timeout: 1500ms, parts: true, "
		lag     = 300 * time.Millisecond
		window  = time.Minute
	)
	pace := func(p worker.Profile) worker.Profile {
		p.Pause = 12 * time.Millisecond
		return p
	}
	whole, parts := pace(worker.Everything(false)), pace(worker.Everything(true))
	mixed := parts
	mixed.Mixed = true
	return []Profile{
		{
			Name: "native", Settings: webhook + "idempotent: true", Crowd: whole,
			Promise: history.Promise{NativeKey: true}, Keys: sink.Keys{Honoured: true},
		},
		{
			Name: "park", Settings: webhook + "idempotent: false, on_unknown: park", Crowd: whole,
			Promise: history.Promise{OnUnknown: "park"},
		},
		{
			Name: "resend", Settings: webhook + "idempotent: false, on_unknown: resend", Crowd: whole,
			Promise: history.Promise{OnUnknown: "resend"},
		},
		{
			Name: "parts", Settings: fault + "key: native", Crowd: parts,
			Promise: history.Promise{NativeKey: true}, Keys: sink.Keys{Honoured: true},
		},
		{
			Name: "window", Settings: fault + "key: window, window: 1m", Crowd: parts,
			Promise: history.Promise{NativeKey: true, Window: window}, Keys: sink.Keys{Honoured: true, Window: window},
		},
		{
			Name: "readback", Settings: fault + "key: readback, lag: 300ms", Crowd: parts,
			Promise: history.Promise{ReadBack: true}, Keys: sink.Keys{Lag: lag},
		},
		{
			// Telegram as it is shipped, on a Bot API with every fault. It has no
			// key, and a stream's message grows by edits.
			Name: "telegram", Settings: "kind: telegram, timeout: 1500ms, rates: none, token_file: token, api_url: \"$URL\", on_unknown: resend",
			Crowd: numbered(whole), Promise: history.Promise{OnUnknown: "resend"},
		},
		{
			Name: "telegram-park", Settings: "kind: telegram, timeout: 1500ms, rates: none, token_file: token, api_url: \"$URL\", on_unknown: park",
			Crowd: numbered(whole), Promise: history.Promise{OnUnknown: "park"},
		},
		{
			// Slack as it is shipped, on a Web API with every fault. What was lost
			// is looked for in the channel's past.
			Name: "slack", Settings: "kind: slack, events: http, timeout: 1500ms, rates: none, token_file: slack-token, signing_secret_file: slack-secret, api_url: \"$URL/api\"",
			Crowd: onSlack(whole), Promise: history.Promise{ReadBack: true}, Keys: sink.Keys{Lag: lag},
		},
		{
			// Discord as it is shipped: a nonce, of which it relies on a minute.
			Name: "discord", Settings: "kind: discord, timeout: 1500ms, token_file: discord-token, api_url: \"$URL/v10\"",
			Crowd: numbered(whole), Promise: history.Promise{NativeKey: true, Window: window}, Keys: sink.Keys{Honoured: true, Window: window},
		},
		{
			Name: "mixed", Settings: fault + "key: none, lease_bound: true", Crowd: mixed,
			Promise: history.Promise{OnUnknown: "resend"},
		},
	}
}

// numbered is a crowd for a platform whose conversations have numbers for
// names, and that shows of a delete and a reaction nothing that would tell whose
// they are.
func numbered(p worker.Profile) worker.Profile {
	p.Numbers, p.Targets = true, false
	return p
}

// onSlack is a crowd for Slack, where a delete and a reaction show nothing that
// would tell whose they are.
func onSlack(p worker.Profile) worker.Profile {
	p.Slack, p.Targets = true, false
	return p
}

// topologyOf has most seeds run where links and clocks can fail, and the rest
// where Redis can fail over.
func topologyOf(seed uint64) world.Topology {
	switch seed % 5 {
	case 3:
		return world.Sentinel
	case 4:
		return world.Cluster
	default:
		return world.Single
	}
}
