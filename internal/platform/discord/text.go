package discord

import (
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/internal/render"
)

// parse reads an envelope's text as Discord can show it: a quote in a quote has
// no mark-up there, and is one.
func parse(text, format string) []render.Node {
	return unnested(planning.Parse(text, format), false)
}

func unnested(nodes []render.Node, quoted bool) []render.Node {
	var out []render.Node
	for _, n := range nodes {
		within := quoted || n.Kind == render.Quote
		n.Children = unnested(n.Children, within)
		if n.Kind == render.Quote && quoted {
			out = append(out, n.Children...)
			continue
		}
		out = append(out, n)
	}
	return out
}

// split renders an envelope's text in parts that each fit a message.
func split(e *envelope.Outbound) ([]string, error) {
	return planning.Split(e, parse(e.Text, e.Format), planning.Dialect[string]{
		Write: write, Most: maxText,
		Fits:  func(s string) bool { return render.CodePoints(s) <= maxText },
		Shows: func(s string) bool { return s != "" },
	})
}

// allowed is whom a text may ping. Discord pings by the text alone unless it is
// told otherwise; of those listed here it pings who is in the text, too
// (docs.discord.com/developers/resources/message#allowed-mentions-object).
func allowed(e *envelope.Outbound) fields {
	switch e.Mentions {
	case planning.MentionsAll:
		return fields{"parse": []string{"users", "roles", "everyone"}, "replied_user": true}
	case planning.MentionsListed:
		users, roles := listed(e)
		return fields{"parse": []string{}, "users": users, "roles": roles, "replied_user": false}
	default:
		return fields{"parse": []string{}, "replied_user": false}
	}
}

// listed are the users and roles that a text mentions, at most as many as
// Discord takes.
func listed(e *envelope.Outbound) (users, roles []string) {
	users, roles = []string{}, []string{}
	render.Walk(parse(e.Text, e.Format), func(n render.Node) {
		switch kind, id := mentionOf(n.ID); {
		case n.Kind != render.Mention:
		case kind == "@" && len(users) < maxMentions:
			users = append(users, id)
		case kind == "@&" && len(roles) < maxMentions:
			roles = append(roles, id)
		}
	})
	return users, roles
}

// mentionOf reads what [name](mention:ID) names: a user by a number, a role by
// &number, a channel by #number. kind is Discord's mark for it, "" for none.
func mentionOf(id string) (kind, number string) {
	kind, number = "@", id
	if rest, ok := strings.CutPrefix(id, "&"); ok {
		kind, number = "@&", rest
	} else if rest, ok := strings.CutPrefix(id, "#"); ok {
		kind, number = "#", rest
	}
	if !idForm.MatchString(number) {
		return "", ""
	}
	return kind, number
}
