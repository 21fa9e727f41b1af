package discord

import (
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// Values of an envelope's mentions under which people are pinged.
const (
	mentionsListed = "listed"
	mentionsAll    = "all"
)

const formatPlain = "plain"

var parser = render.NewParser() // safe for concurrent use, and never changed

// parse reads an envelope's text as Discord can show it: a quote in a quote has
// no mark-up there, and is one.
func parse(text, format string) []render.Node {
	if format == formatPlain {
		return render.Plain(text)
	}
	return unnested(parser.Markdown(text), false)
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
	if len(e.Text) > 4*maxParts*maxText { // no need to look closer
		return nil, platform.Refused(envelope.CodeTooLarge, "text",
			"%d bytes are more than %d messages of %d characters: send it as a file", len(e.Text), maxParts, maxText)
	}
	trees, err := render.Split(parse(e.Text, e.Format), func(n []render.Node) bool { return render.CodePoints(write(n)) <= maxText })
	if err != nil {
		return nil, platform.Refused(envelope.CodeInvalid, "text", "it cannot be cut into parts: %v", err)
	}
	if len(trees) > maxParts {
		return nil, platform.Refused(envelope.CodeTooLarge, "text",
			"it takes %d messages of %d characters, of at most %d: send it as a file", len(trees), maxText, maxParts)
	}
	var parts []string
	for _, tree := range trees {
		if s := write(tree); s != "" {
			parts = append(parts, s)
		}
	}
	return parts, nil
}

// allowed is whom a text may ping. Discord pings by the text alone unless it is
// told otherwise; of those listed here it pings who is in the text, too
// (docs.discord.com/developers/resources/message#allowed-mentions-object).
func allowed(e *envelope.Outbound) fields {
	switch e.Mentions {
	case mentionsAll:
		return fields{"parse": []string{"users", "roles", "everyone"}, "replied_user": true}
	case mentionsListed:
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
