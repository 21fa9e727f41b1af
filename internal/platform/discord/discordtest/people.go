package discordtest

import (
	"net/http"
	"time"
)

// Says is what somebody writes.
type Says struct {
	By, Channel, Text string
	ReplyTo           string
	Files             []File
}

// Say has somebody write, and returns the message's id.
func (s *Server) Say(w Says) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.By == "" {
		w.By = Ann
	}
	p := s.channels[w.Channel]
	m := &Message{Author: w.By, ReplyTo: w.ReplyTo}
	s.put(p, m, &form{Content: &w.Text}, w.Files)
	s.dispatch("MESSAGE_CREATE", p, s.object(m, true))
	return m.ID
}

// Put puts a message of the bot's into a channel under an id.
func (s *Server) Put(channel, id, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.channels[channel]
	p.messages[id] = &Message{ID: id, Channel: channel, Guild: p.Guild, Author: BotID, Content: text, At: time.Now()}
	p.order = append(p.order, id)
}

// Change has somebody edit what they wrote.
func (s *Server) Change(channel, id, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.channels[channel]
	m := p.messages[id]
	m.Content, m.Edited = text, time.Now()
	s.dispatch("MESSAGE_UPDATE", p, s.object(m, false))
}

// Unfurl has Discord add an embed to a message, which it tells of as of an
// edit, without the time of one.
func (s *Server) Unfurl(channel, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.channels[channel]
	s.dispatch("MESSAGE_UPDATE", p, s.object(p.messages[id], false))
}

// Erase has somebody delete a message.
func (s *Server) Erase(channel, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(s.channels[channel].messages[id])
}

// React has somebody react, or no longer.
func (s *Server) React(by, channel, id, name string, add bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what := "MESSAGE_REACTION_ADD"
	if !add {
		what = "MESSAGE_REACTION_REMOVE"
	}
	p := s.channels[channel]
	s.dispatch(what, p, s.reaction(p.messages[id], by, name))
}

// Join has somebody join the server, or leave it.
func (s *Server) Join(id string, joins bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what, data := "GUILD_MEMBER_ADD", s.member(id, true)
	if !joins {
		what, data = "GUILD_MEMBER_REMOVE", object{"user": s.user(id)}
	}
	data["guild_id"] = GuildID
	s.dispatch(what, s.channels[Channel], data)
}

// Interaction is a click, a command or a form, as it is now.
type Interaction struct {
	ID, Token, Channel string
	Type               int
	Message            string // the one whose component was clicked
	Acknowledged       int    // with which type of answer; 0: not yet
	Original           string // the message that is its response
	Modal              any
	At                 time.Time
	answered           time.Time
}

// Waited is how long Discord waited for the first answer.
func (i Interaction) Waited() time.Duration { return i.answered.Sub(i.At) }

// interact tells the bot of something that somebody does. The mutex is not held.
func (s *Server) interact(kind int, channel, message string, data object) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.channels[channel]
	i := &Interaction{ID: s.newID(), Channel: channel, Type: kind, Message: message, At: time.Now()}
	i.Token = "interaction-token-" + i.ID
	s.forms[i.ID] = i
	o := object{
		"id": i.ID, "application_id": AppID, "type": kind, "token": i.Token, "version": 1, "channel_id": channel, "channel": s.place(p), "data": data,
		"app_permissions": "2251799813685247", "locale": "en-US", "entitlements": []any{}, "authorizing_integration_owners": object{"0": GuildID}, "attachment_size_limit": maxFile,
	}
	if p.Guild != "" {
		member := s.member(Ann, true)
		member["permissions"] = "2251799813685247"
		o["guild_id"], o["member"], o["context"] = p.Guild, member, 0
		o["guild_locale"], o["guild"] = "en-US", object{"id": p.Guild, "locale": "en-US", "features": []any{}}
	} else {
		o["user"], o["context"] = s.user(Ann), 1
	}
	if message != "" {
		o["message"] = s.object(p.messages[message], false)
	}
	s.dispatch("INTERACTION_CREATE", p, o)
	return i.ID
}

// Click has Ann press a button.
func (s *Server) Click(channel, message, customID string) string {
	return s.interact(3, channel, message, object{"custom_id": customID, "component_type": 2, "id": 2})
}

// Choose has Ann choose from a list.
func (s *Server) Choose(channel, message, customID string, values ...string) string {
	return s.interact(3, channel, message, object{"custom_id": customID, "component_type": 3, "values": values})
}

// Command has Ann type a command.
func (s *Server) Command(channel, name string, options ...any) string {
	return s.interact(2, channel, "", object{"id": "500000000000000001", "name": name, "type": 1, "options": options})
}

// Option is one that was given to a command.
func Option(name string, kind int, value any) any {
	return object{"name": name, "type": kind, "value": value}
}

// Submit has Ann send a form that was filled in. An input is a text, or a
// checkbox that is ticked or not.
func (s *Server) Submit(channel, customID string, inputs map[string]any) string {
	var rows []any
	for id, value := range inputs {
		kind := 4
		if _, box := value.(bool); box {
			kind = 23
		}
		rows = append(rows, object{"type": 18, "component": object{"type": kind, "custom_id": id, "value": value}})
	}
	return s.interact(5, channel, "", object{"custom_id": customID, "components": rows})
}

// Puzzle has Ann do what no client knows of.
func (s *Server) Puzzle(channel string) string {
	return s.interact(3, channel, "", object{"custom_id": []any{"one", "two"}})
}

// callback is the first answer to an interaction, for which Discord waits three
// seconds.
func (s *Server) callback(c call, id, token string) (any, *refusal) {
	i := s.forms[id]
	if i == nil || i.Token != token || i.Acknowledged == 0 && time.Since(i.At) > 3*time.Second {
		return nil, no(http.StatusNotFound, 10062, "Unknown interaction")
	}
	if i.Acknowledged != 0 {
		return nil, no(http.StatusBadRequest, 40060, "Interaction has already been acknowledged.")
	}
	var asked struct {
		Type int  `json:"type"`
		Data form `json:"data"`
	}
	var raw struct {
		Data any `json:"data"`
	}
	if !c.into(&asked) || !c.into(&raw) {
		return nil, no(http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
	}
	p := s.channels[i.Channel]
	var resource any
	switch asked.Type {
	case 4:
		if refused := asked.Data.check(c.files, false); refused != nil {
			return nil, refused
		}
		m := s.respond(p, i, &asked.Data, c.files)
		resource = object{"type": 4, "message": s.object(m, true)}
	case 5:
		m := s.respond(p, i, &form{Flags: asked.Data.Flags&(1<<6) | 1<<7}, nil)
		resource = object{"type": 5, "message": s.object(m, true)}
	case 6:
		if i.Message == "" {
			return nil, bad("type", "INTERACTION_APPLICATION_COMMAND_INVALID_TYPE", "not for a command")
		}
		i.Original = i.Message
	case 9:
		if i.Type == 5 {
			return nil, bad("type", "INTERACTION_MODAL_INVALID_TYPE", "not for a modal")
		}
		i.Modal = raw.Data
	default:
		return nil, bad("type", "BASE_TYPE_CHOICES", "Value must be one of (4, 5, 6, 7, 8, 9, 10, 12).")
	}
	i.Acknowledged, i.answered = asked.Type, time.Now()
	if c.query.Get("with_response") != "true" {
		return nothing{}, nil
	}
	return object{"interaction": object{"id": i.ID, "type": i.Type, "response_message_id": i.Original}, "resource": resource}, nil
}

// respond makes the message that an interaction's response is.
func (s *Server) respond(p *Place, i *Interaction, f *form, files []File) *Message {
	m := &Message{Author: BotID, Webhook: true, Of: i.ID}
	s.put(p, m, f, files)
	i.Original = m.ID
	if m.Flags&(1<<7) == 0 {
		s.saw("POST", p.ID, m.ID, m.Content)
	}
	if m.Flags&(1<<6) == 0 {
		s.dispatch("MESSAGE_CREATE", p, s.object(m, false))
	}
	return m
}

// webhook is what follows the first answer, for 15 minutes.
func (s *Server) webhook(c call, at func(int) string) (any, *refusal) {
	var i *Interaction
	for _, one := range s.forms {
		if one.Token == at(2) {
			i = one
		}
	}
	if i == nil || at(1) != AppID {
		return nil, no(http.StatusNotFound, 10015, "Unknown Webhook")
	}
	if time.Since(i.At) > 15*time.Minute {
		return nil, no(http.StatusUnauthorized, 50027, "Invalid Webhook Token")
	}
	if i.Acknowledged == 0 {
		return nil, no(http.StatusNotFound, 10015, "Unknown Webhook")
	}
	p := s.channels[i.Channel]
	var f form
	_ = c.into(&f)
	if at(3) == "" && c.method == http.MethodPost {
		if refused := f.check(c.files, false); refused != nil {
			return nil, refused
		}
		if m := p.messages[i.Original]; m != nil && m.Flags&(1<<7) != 0 { // the first takes the place of what shows that it thinks
			return s.settle(p, m, &f, c.files), nil
		}
		m := &Message{Author: BotID, Webhook: true, Of: i.ID}
		s.put(p, m, &f, c.files)
		s.saw("POST", p.ID, m.ID, m.Content)
		return s.object(m, true), nil
	}
	m := p.messages[i.Original]
	if at(4) != "@original" {
		m = p.messages[at(4)]
	}
	if m == nil || m.Deleted {
		return nil, no(http.StatusNotFound, 10008, "Unknown Message")
	}
	switch c.method {
	case http.MethodGet:
		return s.object(m, false), nil
	case http.MethodPatch:
		if refused := f.check(c.files, true); refused != nil {
			return nil, refused
		}
		return s.settle(p, m, &f, c.files), nil
	case http.MethodDelete:
		s.remove(m)
		return nothing{}, nil
	}
	return nil, no(http.StatusMethodNotAllowed, 0, "405: Method Not Allowed")
}

func (s *Server) settle(p *Place, m *Message, f *form, files []File) object {
	what := "PATCH"
	if m.Flags&(1<<7) != 0 {
		m.Flags &^= 1 << 7
		what = "POST"
	}
	s.fill(m, f, files)
	m.Edited = time.Now()
	s.saw(what, p.ID, m.ID, m.Content)
	return s.object(m, false)
}
