package envelope

import "strings"

// need is one demand on which fields are there: at least one of the names, or
// exactly one.
type need struct {
	names   []string
	exactly bool
}

func all(name string) need         { return need{names: []string{name}} }
func anyOf(names ...string) need   { return need{names: names} }
func exactly(names ...string) need { return need{names: names, exactly: true} }

// needsOf is needs of each type, made once. Read-only.
var needsOf = func() map[Type][]need {
	of := map[Type][]need{}
	for _, t := range types() {
		of[Type(t)] = needs(Type(t))
	}
	return of
}()

// needs is what an envelope of a type must have, as contract §3 says.
func needs(typ Type) []need {
	target := exactly("message_id", "target_key")
	channel := all("channel_id")
	switch typ {
	case TypeMessage:
		return []need{channel, anyOf("text", "attachments", "view", "native")}
	case TypeFile:
		return []need{channel, exactly("data", "url", "blob")}
	case TypeButtons:
		return []need{channel, all("view")}
	case TypeEdit:
		return []need{channel, target, anyOf("text", "view")}
	case TypeDelete:
		return []need{channel, target}
	case TypeReaction:
		return []need{channel, target, all("emoji")}
	case TypeTyping:
		return []need{channel}
	case TypePresence:
		return []need{all("status")}
	case TypeStream:
		return []need{channel, all("stream_id"), all("seq"), anyOf("text", "final")}
	case TypeRPC:
		return []need{all("request_id"), all("method"), all("reply_queue")}
	}
	return nil
}

// mediaNeeds and buttonNeeds are the same for what stands in a list.
func mediaNeeds() []need  { return []need{exactly("data", "url", "blob")} }
func buttonNeeds() []need { return []need{anyOf("label", "emoji"), exactly("custom_id", "url")} }

// met reports whether check would find nothing.
func (n need) met(there func(string) bool) bool {
	found := 0
	for _, name := range n.names {
		if there(name) {
			found++
		}
	}
	return found == 1 || found > 1 && !n.exactly
}

// check says what of the need is not met by what is there; what describes whose
// need it is, at is where that stands.
func (n need) check(there func(string) bool, at, what string) *Error {
	first, second := "", ""
	for _, name := range n.names {
		switch {
		case !there(name):
		case first == "":
			first = name
		case second == "":
			second = name
		}
	}
	switch {
	case first == "":
		return invalid(join(at, n.names[0]), "missing or empty: %s needs %s", what, n)
	case second != "" && n.exactly:
		return invalid(join(at, second), "stands beside %s: %s takes only %s", first, what, n)
	}
	return nil
}

// String words the need as errors do.
func (n need) String() string {
	list := strings.Join(n.names, ", ")
	switch {
	case len(n.names) == 1:
		return "it"
	case n.exactly:
		return "one of " + list
	}
	return "one at least of " + list
}
