package inbound

import (
	"slices"

	"github.com/posternhq/postern/envelope"
)

// Values of Rules.Groups: what is taken where more than one person talks.
const (
	GroupsMention = "mention" // what is meant for us
	GroupsAll     = "all"
	GroupsNone    = "none"
)

// Rules are who may talk to a platform of ours. A list that is empty lets
// everyone through; an event must pass every list, so with users and guilds
// both set, a direct message, which has no guild, does not pass.
type Rules struct {
	Users    []string
	Channels []string
	Guilds   []string
	Groups   string // "" is GroupsMention
	Bots     bool   // bots may talk, too
}

// Outcome is what became of an event.
type Outcome string

// The outcomes, as metrics name them.
const (
	Published      Outcome = "published"
	Duplicate      Outcome = "duplicate"
	Failed         Outcome = "failed" // not recorded; the platform was not told "received"
	RefusedUser    Outcome = "refused_user"
	RefusedChannel Outcome = "refused_channel"
	RefusedGuild   Outcome = "refused_guild"
	RefusedGroup   Outcome = "refused_group"
	RefusedBot     Outcome = "refused_bot"
)

// judge says by which rule an event is refused, or Published. The gateway's
// own words about a platform pass every rule.
func (r Rules) judge(e *envelope.Event) Outcome {
	switch {
	case e.Event == envelope.EventStatus:
		return Published
	case e.IsBot && !r.Bots:
		return RefusedBot
	case !passes(r.Users, e.UserID):
		return RefusedUser
	case !passes(r.Channels, e.ChannelID):
		return RefusedChannel
	case !passes(r.Guilds, e.GuildID):
		return RefusedGuild
	case !r.group(e):
		return RefusedGroup
	default:
		return Published
	}
}

// group is the rule for groups. A direct message is none. A button or a
// command is meant for us, whatever its adapter says.
func (r Rules) group(e *envelope.Event) bool {
	switch {
	case e.IsDM, r.Groups == GroupsAll:
		return true
	case r.Groups == GroupsNone:
		return false
	default:
		return e.IsAddressed || e.Event == envelope.EventButton || e.Event == envelope.EventCommand
	}
}

func passes(list []string, who string) bool { return len(list) == 0 || slices.Contains(list, who) }
