package operation

import (
	"context"

	"github.com/posternhq/postern/platform"
)

const noPlatform = "no platform is at hand"

// platformMethods ask the platform's adapter.
func platformMethods() []Method {
	return []Method{
		{
			Name: "identity", Summary: "Who we are on the platform.",
			Params: paramsSchema[none](), ReadOnly: true, lacks: lacksPlatform,
			run: func(_ context.Context, call Call) (any, error) { return call.Adapter.Identity(), nil },
		},
		{
			Name: "capabilities", Summary: "What the platform can do, with numbers.",
			Params: paramsSchema[none](), ReadOnly: true, lacks: lacksPlatform,
			run: func(_ context.Context, call Call) (any, error) { return call.Adapter.Capabilities(), nil },
		},
		{
			Name: "channel", Summary: "Describes one channel.",
			Params: paramsSchema[channelParams](), ReadOnly: true,
			lacks: lacksPart[platform.ChannelReader]("this platform cannot describe a channel"),
			run:   typed(channel),
		},
		{
			Name: "channels", Summary: "Lists the channels that we see.",
			Params: paramsSchema[none](), ReadOnly: true,
			lacks: lacksPart[platform.ChannelLister]("this platform cannot list its channels"),
			run:   channels,
		},
	}
}

func lacksPlatform(call Call) string {
	if call.Adapter == nil {
		return noPlatform
	}
	return ""
}

// lacksPart is for a method that needs the adapter's optional interface I.
func lacksPart[I any](sentence string) func(Call) string {
	return func(call Call) string {
		if call.Adapter == nil {
			return noPlatform
		}
		if _, ok := call.Adapter.(I); !ok {
			return sentence
		}
		return ""
	}
}

type channelParams struct {
	ChannelID string `json:"channel_id" jsonschema:"the platform's id of the channel"`
}

func channel(ctx context.Context, call Call, p channelParams) (any, error) {
	return call.Adapter.(platform.ChannelReader).Channel(ctx, p.ChannelID)
}

func channels(ctx context.Context, call Call) (any, error) {
	list, err := call.Adapter.(platform.ChannelLister).Channels(ctx)
	if list == nil {
		list = []platform.Channel{}
	}
	return list, err
}
