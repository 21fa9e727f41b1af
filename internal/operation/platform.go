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
		{
			Name: "user", Summary: "Describes one user.",
			Params: paramsSchema[userParams](), ReadOnly: true,
			lacks: lacksPart[platform.UserReader]("this platform cannot describe a user"),
			run:   typed(user),
		},
		{
			Name: "members", Summary: "Lists who is in a channel, as far as the platform tells.",
			Params: paramsSchema[channelParams](), ReadOnly: true,
			lacks: lacksPart[platform.MemberLister]("this platform cannot list who is in a channel"),
			run:   typed(members),
		},
		{
			// Opening one that is open changes nothing, so it runs again as a read does.
			Name: "open_dm", Summary: "Opens a direct conversation.",
			Params: paramsSchema[userParams](), ReadOnly: true,
			lacks: lacksPart[platform.DMOpener]("this platform cannot open a direct conversation"),
			run:   typed(openDM),
		},
		{
			Name: "fetch_history", Summary: "Reads a channel's or a thread's messages, a page at a time.",
			Params: paramsSchema[historyParams](), ReadOnly: true,
			lacks: lacksPart[platform.HistoryReader]("this platform does not let us read what was said"),
			run:   typed(history),
		},
		{
			Name: "fetch_message", Summary: "Reads one message as it is now.",
			Params: paramsSchema[messageParams](), ReadOnly: true,
			lacks: lacksPart[platform.MessageReader]("this platform does not let us read a message"),
			run:   typed(message),
		},
		{
			Name: "platform_call", Summary: "Calls the platform's own API, as far as the config allows the call by name.",
			Params: paramsSchema[nativeParams](),
			lacks:  lacksPart[platform.NativeCaller]("this platform's own API cannot be called"),
			run:    typed(native),
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

type userParams struct {
	UserID string `json:"user_id" jsonschema:"the platform's id of the user"`
}

func user(ctx context.Context, call Call, p userParams) (any, error) {
	return call.Adapter.(platform.UserReader).User(ctx, p.UserID)
}

func members(ctx context.Context, call Call, p channelParams) (any, error) {
	list, err := call.Adapter.(platform.MemberLister).Members(ctx, p.ChannelID)
	if list == nil {
		list = []platform.User{}
	}
	return list, err
}

func openDM(ctx context.Context, call Call, p userParams) (any, error) {
	return call.Adapter.(platform.DMOpener).OpenDM(ctx, p.UserID)
}

type nativeParams struct {
	Call   string         `json:"call" jsonschema:"the name of the call in the platform's API, such as getChat"`
	Params map[string]any `json:"params,omitempty" jsonschema:"its parameters, as the platform documents them"`
}

func native(ctx context.Context, call Call, p nativeParams) (any, error) {
	return call.Adapter.(platform.NativeCaller).Call(ctx, p.Call, p.Params)
}
