package discord

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/posternhq/postern/envelope"
)

// interaction is a click, a choice, a command, or a form that was filled in
// (docs.discord.com/developers/interactions/receiving-and-responding).
type interaction struct {
	ID          string   `json:"id"`
	Application string   `json:"application_id"`
	Type        int      `json:"type"`
	Token       string   `json:"token"`
	ChannelID   string   `json:"channel_id"`
	GuildID     string   `json:"guild_id"`
	Member      *member  `json:"member"`
	User        *user    `json:"user"`
	Message     *message `json:"message"`
	Permissions string   `json:"app_permissions"` // ours in the channel, as bits
	Context     *int     `json:"context"`
	Data        struct {
		Name       string          `json:"name"`
		CustomID   string          `json:"custom_id"`
		Kind       int             `json:"component_type"`
		Values     []string        `json:"values"`
		Options    []given         `json:"options"`
		TargetID   string          `json:"target_id"`
		Components []submitted     `json:"components"`
		Resolved   json.RawMessage `json:"resolved"`
	} `json:"data"`
}

// The types of interactions, and of the answers to them.
const (
	isCommand   = 2
	isComponent = 3
	isModal     = 5

	answerMessage  = 4
	answerLater    = 5 // Discord shows that we think
	answerQuietly  = 6 // of a component: nothing is shown
	answerModal    = 9
	permitView     = 1 << 10
	permitSend     = 1 << 11
	permitInThread = 1 << 38
	buttonKind     = 2
)

// given is an option of a command; one of a subcommand has its own.
type given struct {
	Name    string  `json:"name"`
	Type    int     `json:"type"`
	Value   any     `json:"value"`
	Options []given `json:"options"`
}

// submitted is an input of a form, or what holds some.
type submitted struct {
	CustomID   string      `json:"custom_id"`
	Value      any         `json:"value"` // a text, or of a checkbox whether it is ticked
	Values     []string    `json:"values"`
	Component  *submitted  `json:"component"`  // of a label
	Components []submitted `json:"components"` // of a row
}

// bare is what an interaction is acknowledged by, of one that cannot be read
// otherwise; nil if it wants no answer of ours.
func bare(f *frame) *interaction {
	var in struct {
		ID          string `json:"id"`
		Application string `json:"application_id"`
		Type        int    `json:"type"`
		Token       string `json:"token"`
		Message     *struct {
			ID string `json:"id"`
		} `json:"message"`
	}
	if json.Unmarshal(f.Data, &in) != nil || in.Token == "" || in.Type != isCommand && in.Type != isComponent && in.Type != isModal {
		return nil
	}
	i := &interaction{ID: in.ID, Application: in.Application, Type: in.Type, Token: in.Token}
	if in.Message != nil {
		i.Message = &message{ID: in.Message.ID}
	}
	return i
}

// decodeInteraction is a click, a choice or a form as button, a command as
// command. Its interaction_id is filled in by who can seal.
func decodeInteraction(i *interaction, in about) decoded {
	kind := envelope.EventButton
	if i.Type == isCommand {
		kind = envelope.EventCommand
	}
	e := in.event(kind, i.ChannelID, i.GuildID)
	if i.Context != nil {
		e.IsDM = *i.Context != 0
	}
	if i.Member != nil {
		by(&e, i.Member.User, i.Member)
	} else {
		by(&e, i.User, nil)
	}
	e.EventID, e.Timestamp, e.IsAddressed = i.ID, seconds(madeAt(i.ID)), true
	if i.Message != nil {
		e.MessageID = i.Message.ID
	}
	switch i.Type {
	case isCommand:
		e.Command, e.Arguments = arguments(i.Data.Name, i.Data.Options)
		if i.Data.TargetID != "" {
			e.Arguments["target"] = i.Data.TargetID
		}
	case isComponent:
		e.CustomID = i.Data.CustomID
		if i.Data.Kind != buttonKind {
			e.Arguments = map[string]any{"values": anys(i.Data.Values)}
		}
	case isModal:
		e.CustomID, e.Arguments = i.Data.CustomID, map[string]any{}
		filledIn(i.Data.Components, e.Arguments)
	default:
		return decoded{} // a suggestion while somebody types: none are offered
	}
	return decoded{events: []envelope.Event{e}, interaction: i}
}

// arguments are a command's options by their names. A subcommand is named
// behind its command.
func arguments(name string, options []given) (string, map[string]any) {
	out := map[string]any{}
	for len(options) == 1 && (options[0].Type == 1 || options[0].Type == 2) {
		name += " " + options[0].Name
		options = options[0].Options
	}
	for _, o := range options {
		out[o.Name] = o.Value
	}
	return name, out
}

func filledIn(all []submitted, out map[string]any) {
	for _, c := range all {
		switch {
		case c.Component != nil:
			filledIn([]submitted{*c.Component}, out)
		case c.CustomID != "" && c.Value != nil:
			out[c.CustomID] = c.Value
		case c.CustomID != "":
			out[c.CustomID] = anys(c.Values)
		}
		filledIn(c.Components, out)
	}
}

func anys(values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// token is what an interaction is answered with, on any node: it is sealed in
// interaction_id.
type token struct {
	ID          string `json:"i"`
	Token       string `json:"t"`
	Application string `json:"a"`
	Type        int    `json:"k"`
	Message     string `json:"m,omitempty"` // whose component it came from
}

func (i *interaction) token() token {
	t := token{ID: i.ID, Token: i.Token, Application: i.Application, Type: i.Type}
	if i.Message != nil {
		t.Message = i.Message.ID
	}
	return t
}

func (t *token) bytes() []byte {
	text, _ := json.Marshal(t)
	return text
}

func readToken(text []byte) (t token) {
	_ = json.Unmarshal(text, &t) // it was sealed: it is as it was written
	return t
}

// The ways that an interaction is answered by, with its token in them.
func (t *token) callback() string { return "/interactions/" + t.ID + "/" + t.Token + "/callback" }
func (t *token) webhook() string  { return "/webhooks/" + t.Application + "/" + t.Token }
func (t *token) original() string { return t.webhook() + "/messages/@original" }

// made is when somebody clicked.
func (t *token) made() time.Time { return madeAt(t.ID) }

// later is how an interaction is acknowledged whose answer is yet to come: what
// came from a message's component shows nothing, a command that we think.
func (t *token) later() int {
	if t.Message != "" {
		return answerQuietly
	}
	return answerLater
}

// Before a sealed token stands whether its channel is one where we may write as
// anywhere else, under a key: that matters before it can be opened.
const (
	mayWrite   = "k"
	mayNotEver = "u"
)

// keyed reports whether an interaction is in a channel where messages of ours
// bear keys.
func keyed(interactionID string) bool { return interactionID[:1] == mayWrite }

// writes reports whether we may write in an interaction's channel.
func (i *interaction) writes(inThread bool) bool {
	if i.Context != nil && *i.Context == 1 {
		return true // our own direct conversation with somebody
	}
	if i.GuildID == "" {
		return false // theirs with somebody else
	}
	bits, err := strconv.ParseUint(i.Permissions, 10, 64)
	need := uint64(permitView | permitSend)
	if inThread {
		need = permitView | permitInThread
	}
	return err == nil && bits&need == need
}
