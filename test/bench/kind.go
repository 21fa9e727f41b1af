package main

import (
	"context"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bench"
	"github.com/posternhq/postern/internal/platform/webchat"
	"github.com/posternhq/postern/platform"
)

// asNode, set in its environment, makes this program a postern whose platforms
// are these. It does not begin with POSTERN_, as a node's settings do.
const asNode = "BENCH_AS_NODE"

func nodeKinds() []platform.Kind { return []platform.Kind{noopKind, webchat.Kind()} }

// held is what the names of channels begin with that take nothing.
const held = "held"

// noopKind is a platform that takes everything at once, but for channels that
// are held: those ask to be left alone for an hour.
var noopKind = platform.Kind{
	Name: "noop",
	Help: "takes everything at once",
	Fields: []platform.Field{
		{Name: "node", Type: platform.FieldString, Required: true, Help: "who delivers: what its messages' ids begin with"},
		{Name: "parts", Type: platform.FieldInt, Default: 1, Help: "of each message"},
	},
	New: func(s platform.Settings) (platform.Adapter, error) {
		return noop{bench.Adapter{Parts: platform.Get[int](s, "parts")}, platform.Get[string](s, "node")}, nil
	},
}

type noop struct {
	bench.Adapter
	node string
}

// Open is ready at once.
func (noop) Open(_ context.Context, host platform.Host) error {
	host.State(platform.StateReady, "")
	return nil
}

// Do takes a part, or refuses it for its channel.
func (n noop) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	if strings.HasPrefix(part.ChannelID, held) {
		return platform.Result{}, &platform.Error{
			Code: envelope.CodeRateLimited, Sent: platform.SentNo, RetryAfter: time.Hour, Gate: platform.GateChannel, Message: "held",
		}
	}
	result, err := n.Adapter.Do(ctx, part)
	result.MessageID = n.node + "/" + result.MessageID
	return result, err
}
