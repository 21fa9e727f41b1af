package discordtest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Message is one in a channel, as it is now.
type Message struct {
	ID, Channel, Guild string
	Author             string
	Content            string
	Components         json.RawMessage
	Embeds             json.RawMessage
	Files              []string // where they are
	ReplyTo            string
	Flags              int
	Nonce              string
	Pinged             []string // who heard of it, "@everyone" among them
	Reactions          []string // ours
	Edits              int
	Deleted            bool
	At, Edited         time.Time
	Webhook            bool
	Of                 string // the interaction that it answers
}

// create makes a message of the bot's, or returns the one that bears its nonce.
func (s *Server) create(p *Place, c call) (any, *refusal) {
	var f form
	if !c.into(&f) && len(c.files) == 0 {
		return nil, no(http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
	}
	if p.Type == 4 || p.Type == 15 {
		return nil, no(http.StatusBadRequest, 50008, "Cannot send messages in a non-text channel")
	}
	if p.Locked {
		return nil, no(http.StatusForbidden, 50083, "Thread is archived")
	}
	if refused := f.check(c.files, false); refused != nil {
		return nil, refused
	}
	text := ""
	switch n := f.Nonce.(type) {
	case string:
		text = n
	case float64:
		text = strconv.FormatFloat(n, 'f', 0, 64)
	}
	if known, ok := s.nonces[text]; f.Enforce && text != "" && ok && time.Since(known.at) < s.window {
		m := s.channels[known.channel].messages[known.id]
		if m.Deleted {
			return nil, no(http.StatusNotFound, 10008, "Unknown Message")
		}
		return s.object(m, true), nil
	}
	m := &Message{Author: BotID, Nonce: text}
	if f.Reference != nil {
		if old := p.messages[f.Reference.MessageID]; old != nil && !old.Deleted {
			m.ReplyTo = old.ID
		} else if f.Reference.Type == 1 {
			return nil, no(http.StatusNotFound, 10008, "Unknown Message")
		} else if f.Reference.Fail == nil || *f.Reference.Fail {
			return nil, bad("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
		}
	}
	s.put(p, m, &f, c.files)
	if text != "" {
		s.nonces[text] = nonce{m.ID, p.ID, time.Now()}
	}
	s.saw("POST", p.ID, m.ID, m.Content)
	s.dispatch("MESSAGE_CREATE", p, s.object(m, true))
	return s.object(m, true), nil
}

// put fills a message and puts it into a channel.
func (s *Server) put(p *Place, m *Message, f *form, files []File) {
	m.ID, m.Channel, m.Guild, m.At = s.newID(), p.ID, p.Guild, time.Now()
	s.fill(m, f, files)
	m.Flags = f.Flags
	m.Pinged = s.pinged(m, f)
	p.messages[m.ID] = m
	p.order = append(p.order, m.ID)
}

func (s *Server) fill(m *Message, f *form, files []File) {
	if f.Content != nil {
		m.Content = strings.TrimSpace(*f.Content)
	}
	if f.Components != nil {
		m.Components = f.Components
	}
	if f.Embeds != nil {
		m.Embeds = f.Embeds
	}
	for _, file := range files {
		m.Files = append(m.Files, s.keep(file))
	}
}

func (s *Server) keep(f File) string {
	where := s.newID() + "/" + f.Name
	s.files[where] = f
	return where
}

// File is what was uploaded to a place.
func (s *Server) File(where string) File {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files[where]
}

var mentions = regexp.MustCompile(`<@!?([0-9]+)>|@(everyone|here)`)

// pinged is who hears of a message: whom its text names, as far as
// allowed_mentions lets it.
func (s *Server) pinged(m *Message, f *form) []string {
	var out []string
	for _, found := range mentions.FindAllStringSubmatch(m.Content, -1) {
		switch {
		case found[1] != "" && (f.Allowed == nil || slices.Contains(f.Allowed.Parse, "users") || slices.Contains(f.Allowed.Users, found[1])):
			out = append(out, found[1])
		case found[2] != "" && (f.Allowed == nil || slices.Contains(f.Allowed.Parse, "everyone")):
			out = append(out, "@"+found[2])
		}
	}
	if m.ReplyTo != "" && (f.Allowed == nil || f.Allowed.Replied) {
		if old := s.channels[m.Channel].messages[m.ReplyTo]; old != nil {
			out = append(out, old.Author)
		}
	}
	return out
}

func (s *Server) edit(p *Place, m *Message, c call) (any, *refusal) {
	var f form
	_ = c.into(&f)
	if m.Author != BotID {
		return nil, no(http.StatusForbidden, 50005, "Cannot edit a message authored by another user")
	}
	if refused := f.check(c.files, true); refused != nil && (refused.code != emptyMessage || len(m.Files) == 0) {
		return nil, refused
	}
	s.fill(m, &f, c.files)
	m.Edits++
	m.Edited = time.Now()
	s.saw("PATCH", p.ID, m.ID, m.Content)
	s.dispatch("MESSAGE_UPDATE", p, s.object(m, false))
	return s.object(m, false), nil
}

func (s *Server) remove(m *Message) {
	m.Deleted = true
	s.saw("DELETE", m.Channel, m.ID, "")
	p := s.channels[m.Channel]
	gone := object{"id": m.ID, "channel_id": m.Channel}
	if p.Guild != "" {
		gone["guild_id"] = p.Guild
	}
	s.dispatch("MESSAGE_DELETE", p, gone)
}

func (s *Server) react(m *Message, name string, add bool) (any, *refusal) {
	if r, _ := utf8.DecodeRuneInString(name); r < 0x80 && !strings.Contains(name, ":") {
		return nil, no(http.StatusBadRequest, 10014, "Unknown Emoji")
	}
	at := slices.Index(m.Reactions, name)
	what, event := "react", "MESSAGE_REACTION_ADD"
	switch {
	case add && at < 0:
		m.Reactions = append(m.Reactions, name)
	case !add && at >= 0:
		m.Reactions = slices.Delete(m.Reactions, at, at+1)
		what, event = "unreact", "MESSAGE_REACTION_REMOVE"
	default:
		return nothing{}, nil
	}
	s.saw(what, m.Channel, m.ID, name)
	s.dispatch(event, s.channels[m.Channel], s.reaction(m, BotID, name))
	return nothing{}, nil
}

func (s *Server) reaction(m *Message, by, name string) object {
	emoji := object{"id": nil, "name": name}
	if title, id, custom := strings.Cut(name, ":"); custom {
		emoji = object{"id": id, "name": title}
	}
	o := object{"user_id": by, "channel_id": m.Channel, "message_id": m.ID, "message_author_id": m.Author, "emoji": emoji, "burst": false, "type": 0}
	if m.Guild != "" {
		o["guild_id"], o["member"] = m.Guild, s.member(by, true)
	}
	return o
}

// post begins a thread of a forum.
func (s *Server) post(p *Place, c call) (any, *refusal) {
	var asked struct {
		Name    string `json:"name"`
		Message *form  `json:"message"`
	}
	if !c.into(&asked) || asked.Name == "" || p.Type == 15 && asked.Message == nil {
		return nil, bad("name", "BASE_TYPE_REQUIRED", "This field is required")
	}
	thread := &Place{Guild: p.Guild, Name: asked.Name, Parent: p.ID, Type: 11, messages: map[string]*Message{}}
	if asked.Message != nil {
		if refused := asked.Message.check(c.files, false); refused != nil {
			return nil, refused
		}
		m := &Message{Author: BotID}
		s.put(thread, m, asked.Message, c.files)
		thread.ID, m.Channel = m.ID, m.ID
		s.channels[thread.ID] = thread
		s.saw("post", p.ID, m.ID, m.Content)
		s.dispatch("THREAD_CREATE", thread, s.place(thread))
		s.dispatch("MESSAGE_CREATE", thread, s.object(m, true))
		o := s.place(thread)
		o["message"] = s.object(m, false)
		return o, nil
	}
	thread.ID = s.newID()
	s.channels[thread.ID] = thread
	s.dispatch("THREAD_CREATE", thread, s.place(thread))
	return s.place(thread), nil
}

// history is a page of a channel's messages, the newest first.
func (s *Server) history(p *Place, c call) []any {
	limit, err := strconv.Atoi(c.query.Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		limit = 50
	}
	var ids []string
	for _, id := range p.order {
		before, after := c.query.Get("before"), c.query.Get("after")
		if !p.messages[id].Deleted && (before == "" || older(id, before)) && (after == "" || older(after, id)) {
			ids = append(ids, id)
		}
	}
	if c.query.Get("after") != "" {
		ids = ids[:min(limit, len(ids))]
	} else {
		ids = ids[max(0, len(ids)-limit):]
	}
	out := []any{}
	for _, id := range slices.Backward(ids) {
		out = append(out, s.object(p.messages[id], false))
	}
	return out
}

func older(a, b string) bool {
	return len(a) < len(b) || len(a) == len(b) && a < b
}

// object is a message as the API has it; its nonce is told to whom it is made
// for alone.
func (s *Server) object(m *Message, made bool) object {
	o := object{
		"id": m.ID, "channel_id": m.Channel, "author": s.user(m.Author), "content": m.Content, "timestamp": m.At.UTC().Format(time.RFC3339Nano), "edited_timestamp": nil,
		"tts": false, "mention_everyone": slices.Contains(m.Pinged, "@everyone"), "mentions": s.mentioned(m), "mention_roles": []any{}, "attachments": s.attachments(m),
		"embeds": orList(m.Embeds), "components": orList(m.Components), "pinned": false, "type": 0, "flags": m.Flags,
	}
	if !m.Edited.IsZero() {
		o["edited_timestamp"] = m.Edited.UTC().Format(time.RFC3339Nano)
	}
	if made && m.Nonce != "" {
		o["nonce"] = m.Nonce
	}
	if m.Webhook {
		o["webhook_id"], o["application_id"] = AppID, AppID
	}
	if m.ReplyTo != "" {
		o["type"] = 19
		o["message_reference"] = object{"type": 0, "message_id": m.ReplyTo, "channel_id": m.Channel}
		if old := s.channels[m.Channel].messages[m.ReplyTo]; old != nil && !old.Deleted {
			o["referenced_message"] = s.object(old, false)
		}
	}
	return o
}

func orList(raw json.RawMessage) any {
	if len(raw) == 0 {
		return []any{}
	}
	return raw
}

func (s *Server) mentioned(m *Message) []any {
	out := []any{}
	for _, found := range mentions.FindAllStringSubmatch(m.Content, -1) {
		if id := found[1]; id != "" && s.users[id] != nil {
			u := s.user(id)
			if m.Guild != "" {
				u["member"] = s.member(id, false)
			}
			out = append(out, u)
		}
	}
	return out
}

func (s *Server) attachments(m *Message) []any {
	out := []any{}
	for _, where := range m.Files {
		f := s.files[where]
		id, _, _ := strings.Cut(where, "/")
		out = append(out, object{
			"id": id, "filename": f.Name, "size": len(f.Data), "content_type": f.Kind,
			"url": s.base + "/attachments/" + where, "proxy_url": s.base + "/attachments/" + where,
		})
	}
	return out
}
