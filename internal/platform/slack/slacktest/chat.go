package slacktest

import (
	"fmt"
	"slices"
	"strings"
)

// Message is one in a channel, as it is now.
type Message struct {
	TS        string
	Thread    string // its thread's, also of the first message in it
	User      string
	BotID     string
	Text      string
	Blocks    any
	Metadata  any
	Files     []string
	Broadcast bool
	Edited    string // when
	Reactions map[string][]string
	ClientID  string
	Subtype   string
	Deleted   bool
	late      int // how often it does not show yet where messages are read
}

// Shown is what a reader sees of a message.
func (m Message) Shown() string {
	if m.Blocks != nil {
		if text := plain(m.Blocks); text != "" {
			return text
		}
	}
	return m.Text
}

// nextTS is the id of what is made now: no two are the same. The mutex is held.
func (s *Server) nextTS() string {
	s.lastTS = max(s.lastTS+1, nowMicro())
	return fmt.Sprintf("%d.%06d", s.lastTS/1e6, s.lastTS%1e6)
}

// find returns a message that is there.
func (c *Channel) find(ts string) *Message {
	for _, m := range c.messages {
		if m.TS == ts && !m.Deleted {
			return m
		}
	}
	return nil
}

// hidden reports whether a message does not show yet where messages are read.
func (m *Message) hidden() bool {
	if m.late > 0 {
		m.late--
		return true
	}
	return m.Deleted
}

// place finds the channel that a request is for, and checks that the app may
// write there.
func (s *Server) place(id string) (*Channel, *refusal) {
	c := s.channels[id]
	switch {
	case c == nil, c.Private && !slices.Contains(c.Members, BotUID):
		return nil, no("channel_not_found")
	case c.Archived:
		return nil, no("is_archived")
	case !slices.Contains(c.Members, BotUID):
		return nil, no("not_in_channel")
	}
	return c, nil
}

// post is chat.postMessage.
func (s *Server) post(args values) (values, *refusal) {
	c, refused := s.place(args.text("channel"))
	if refused != nil {
		return nil, refused
	}
	if refused := checkContent(args, 40_000); refused != nil && refused.name != "msg_too_long" {
		return nil, refused
	}
	if refused := checkMetadata(args); refused != nil {
		return nil, refused
	}
	thread := args.text("thread_ts")
	if thread != "" && c.find(thread) == nil {
		return nil, no("thread_not_found")
	}
	m := &Message{
		TS: s.nextTS(), User: BotUID, BotID: BotID, Text: args.text("text"), Blocks: copied(args["blocks"]), Metadata: copied(args["metadata"]),
		Thread: thread, Broadcast: args.yes("reply_broadcast"), ClientID: args.text("client_msg_id"), Reactions: map[string][]string{},
	}
	result := values{}
	if length(m.Text) > 40_000 {
		m.Text = string([]rune(m.Text)[:40_000])
		result["warning"] = "message_truncated"
	}
	s.add(c, m)
	s.see("chat.postMessage", c.ID, thread, m.TS, m.Shown())
	result["channel"], result["ts"], result["message"] = c.ID, m.TS, s.shown(c, m, false)
	return result, nil
}

// add puts a message into its channel, and brings it to the app as any other.
func (s *Server) add(c *Channel, m *Message) {
	c.messages = append(c.messages, m)
	if m.Thread != "" {
		if first := c.find(m.Thread); first != nil && first.Thread == "" {
			first.Thread = m.Thread
		}
	}
	if s.echoes {
		event := s.shown(c, m, false)
		event["channel"], event["channel_type"], event["event_ts"] = c.ID, c.kind(), m.TS
		s.bring(event)
	}
}

// edit is chat.update.
func (s *Server) edit(args values) (values, *refusal) {
	c, refused := s.place(args.text("channel"))
	if refused != nil {
		return nil, refused
	}
	m := c.find(args.text("ts"))
	switch {
	case m == nil:
		return nil, no("message_not_found")
	case m.BotID != BotID:
		return nil, no("cant_update_message")
	}
	if refused := checkContent(args, 4_000); refused != nil {
		return nil, refused
	}
	if text, ok := args["text"].(string); ok {
		m.Text = text
		m.Blocks = nil
	}
	if blocks, ok := args["blocks"]; ok {
		m.Blocks = copied(blocks)
	}
	if metadata, ok := args["metadata"]; ok {
		m.Metadata = copied(metadata)
	}
	m.Edited = whole(s.nextTS())
	s.see("chat.update", c.ID, m.thread(), m.TS, m.Shown())
	return values{"channel": c.ID, "ts": m.TS, "text": m.Text, "message": s.shown(c, m, false)}, nil
}

// thread is the thread that it is an answer in.
func (m *Message) thread() string {
	if m.Thread == m.TS {
		return ""
	}
	return m.Thread
}

// erase is chat.delete.
func (s *Server) erase(args values) (values, *refusal) {
	c, refused := s.place(args.text("channel"))
	if refused != nil {
		return nil, refused
	}
	m := c.find(args.text("ts"))
	switch {
	case m == nil:
		return nil, no("message_not_found")
	case m.BotID != BotID:
		return nil, no("cant_delete_message")
	}
	m.Deleted = true
	s.see("chat.delete", c.ID, m.thread(), m.TS, "")
	return values{"channel": c.ID, "ts": m.TS}, nil
}

// react is reactions.add and reactions.remove.
func (s *Server) react(method string, args values) (values, *refusal) {
	c, refused := s.place(args.text("channel"))
	if refused != nil {
		return nil, refused
	}
	m, name := c.find(args.text("timestamp")), args.text("name")
	switch {
	case m == nil:
		return nil, no("message_not_found")
	case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_+-:'") != "":
		return nil, no("invalid_name")
	}
	has := slices.Contains(m.Reactions[name], BotUID)
	switch {
	case method == "reactions.add" && has:
		return nil, no("already_reacted")
	case method == "reactions.remove" && !has:
		return nil, no("no_reaction")
	case method == "reactions.add":
		m.Reactions[name] = append(m.Reactions[name], BotUID)
	default:
		m.Reactions[name] = slices.DeleteFunc(m.Reactions[name], func(u string) bool { return u == BotUID })
	}
	s.see(method, c.ID, m.thread(), m.TS, name)
	return nil, nil
}

// whisper is chat.postEphemeral.
func (s *Server) whisper(args values) (values, *refusal) {
	c, refused := s.place(args.text("channel"))
	if refused != nil {
		return nil, refused
	}
	if !slices.Contains(c.Members, args.text("user")) {
		return nil, no("user_not_in_channel")
	}
	if refused := checkContent(args, 40_000); refused != nil {
		return nil, refused
	}
	ts := s.nextTS()
	m := Message{Text: args.text("text"), Blocks: args["blocks"]}
	s.see("chat.postEphemeral", c.ID, args.text("thread_ts"), ts, "to "+args.text("user")+": "+m.Shown())
	return values{"message_ts": ts}, nil
}

// shown is a message as the API shows it.
func (s *Server) shown(c *Channel, m *Message, metadata bool) values {
	v := values{"type": "message", "ts": m.TS, "user": m.User, "text": m.Text}
	for name, value := range map[string]string{"bot_id": m.BotID, "thread_ts": m.Thread, "subtype": m.Subtype} {
		if value != "" {
			v[name] = value
		}
	}
	if m.BotID == BotID {
		v["app_id"], v["bot_profile"] = AppID, values{"id": BotID, "app_id": AppID, "name": "Postern"}
	} else {
		v["client_msg_id"] = m.ClientID
	}
	if m.Blocks != nil {
		v["blocks"] = m.Blocks
	}
	if m.thread() != "" {
		if m.Broadcast {
			v["subtype"] = "thread_broadcast"
		}
		if first := c.find(m.Thread); first != nil {
			v["parent_user_id"] = first.User
		}
	}
	if m.Edited != "" {
		v["edited"] = values{"user": m.User, "ts": m.Edited}
	}
	if metadata && m.Metadata != nil {
		v["metadata"] = m.Metadata
	}
	if len(m.Files) > 0 {
		var files []any
		for _, id := range m.Files {
			files = append(files, s.fileObject(s.files[id]))
		}
		v["files"] = files
	}
	return v
}

func (c *Channel) kind() string {
	switch {
	case c.With != "":
		return "im"
	case c.Private:
		return "group"
	default:
		return "channel"
	}
}

// Message is a message as it is now, and whether it is there.
func (s *Server) Message(channel, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channels[channel]; c != nil {
		if m := c.find(ts); m != nil {
			return *m, true
		}
	}
	return Message{}, false
}

// Messages are those in a channel by now, in order, answers in threads too.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.channels[channel].messages {
		if !m.Deleted {
			out = append(out, *m)
		}
	}
	return out
}
