package slacktest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// needs are the scopes of methods, as far as tests take one away.
func needs(method string, c *Channel, args values) string {
	_, named := args["username"]
	switch method {
	case "chat.postMessage":
		if named {
			return "chat:write.customize"
		}
		return "chat:write"
	case "chat.update", "chat.delete", "chat.postEphemeral", "assistant.threads.setStatus":
		return "chat:write"
	case "reactions.add", "reactions.remove":
		return "reactions:write"
	case "files.getUploadURLExternal", "files.completeUploadExternal":
		return "files:write"
	case "users.info":
		return "users:read"
	case "users.setPresence":
		return "users:write"
	case "conversations.history", "conversations.replies":
		switch {
		case c != nil && c.With != "":
			return "im:history"
		case c != nil && c.Private:
			return "groups:history"
		}
		return "channels:history"
	}
	return ""
}

// do does one method. The mutex is held.
func (s *Server) do(method string, args values) (values, *refusal) {
	if scope := needs(method, s.channels[args.text("channel")], args); scope != "" && !slices.Contains(s.scopes, scope) {
		return nil, &refusal{name: "missing_scope", needed: scope, has: strings.Join(s.scopes, ",")}
	}
	switch method {
	case "auth.test":
		return values{"url": "https://test.slack.com/", "team": "Test", "user": "postern", "team_id": TeamID, "user_id": BotUID, "bot_id": BotID}, nil
	case "api.test":
		return values{"args": args}, nil
	case "apps.connections.open":
		return s.openConnection()
	case "chat.postMessage":
		return s.post(args)
	case "chat.update":
		return s.edit(args)
	case "chat.delete":
		return s.erase(args)
	case "chat.postEphemeral":
		return s.whisper(args)
	case "reactions.add", "reactions.remove":
		return s.react(method, args)
	case "conversations.history":
		return s.history(args)
	case "conversations.replies":
		return s.replies(args)
	case "conversations.info", "conversations.members", "conversations.open", "users.conversations":
		return s.conversations(method, args)
	case "users.info":
		u, ok := s.users[args.text("user")]
		if !ok {
			return nil, no("user_not_found")
		}
		return values{"user": userObject(u)}, nil
	case "users.setPresence":
		s.presence = args.text("presence")
		if s.presence != "auto" && s.presence != "away" {
			return nil, no("invalid_presence")
		}
		s.see(method, "", "", "", s.presence)
		return nil, nil
	case "assistant.threads.setStatus":
		return s.setStatus(args)
	case "views.open":
		return s.openView(args)
	case "files.getUploadURLExternal":
		return s.uploadURL(args)
	case "files.completeUploadExternal":
		return s.completeUpload(args)
	case "files.info":
		return s.fileInfo(args)
	}
	return nil, no("unknown_method")
}

func userObject(u User) values {
	return values{
		"id": u.ID, "name": u.Name, "real_name": u.RealName, "is_bot": u.IsBot, "team_id": TeamID,
		"profile": values{"display_name": u.RealName, "real_name": u.RealName},
	}
}

func (s *Server) setStatus(args values) (values, *refusal) {
	c, refused := s.place(args.text("channel_id"))
	if refused != nil {
		return nil, refused
	}
	if c.find(args.text("thread_ts")) == nil {
		return nil, no("invalid_thread_ts")
	}
	s.see("assistant.threads.setStatus", c.ID, args.text("thread_ts"), "", args.text("status"))
	return nil, nil
}

// openView opens a modal, by a trigger that is not used and not too old.
func (s *Server) openView(args values) (values, *refusal) {
	since, known := s.triggers[args.text("trigger_id")]
	switch {
	case !known:
		return nil, no("invalid_trigger_id")
	case since.IsZero():
		return nil, no("exchanged_trigger_id")
	case time.Since(since) > 3*time.Second:
		return nil, no("expired_trigger_id")
	}
	view := args.object("view")
	if view.text("type") != "modal" || view.object("title").text("text") == "" {
		return nil, &refusal{name: "invalid_arguments", about: []string{"[ERROR] missing required field: title [json-pointer:/view]"}}
	}
	s.triggers[args.text("trigger_id")] = time.Time{}
	s.serial++
	view["id"] = "V" + strconv.Itoa(s.serial)
	raw, _ := json.Marshal(view)
	s.views = append(s.views, raw)
	s.see("views.open", "", "", "", view.object("title").text("text"))
	return values{"view": view}, nil
}

func channelObject(c *Channel) values {
	v := values{"id": c.ID, "is_archived": c.Archived, "is_im": c.With != "", "is_private": c.Private, "is_member": slices.Contains(c.Members, BotUID)}
	if c.With != "" {
		v["user"] = c.With
	} else {
		v["name"] = c.Name
	}
	return v
}

func (s *Server) conversations(method string, args values) (values, *refusal) {
	switch method {
	case "users.conversations":
		var all []any
		for _, id := range s.order {
			if c := s.channels[id]; slices.Contains(c.Members, BotUID) && (!c.Archived || !args.yes("exclude_archived")) {
				all = append(all, channelObject(c))
			}
		}
		some, next := cut(all, args)
		return values{"channels": some, "response_metadata": values{"next_cursor": next}}, nil
	case "conversations.open":
		return s.openDM(args.text("users"))
	}
	c := s.channels[args.text("channel")]
	if c == nil || c.Private && !slices.Contains(c.Members, BotUID) {
		return nil, no("channel_not_found")
	}
	if method == "conversations.info" {
		return values{"channel": channelObject(c)}, nil
	}
	var all []any
	for _, m := range c.Members {
		all = append(all, m)
	}
	some, next := cut(all, args)
	return values{"members": some, "response_metadata": values{"next_cursor": next}}, nil
}

func (s *Server) openDM(user string) (values, *refusal) {
	if _, ok := s.users[user]; !ok {
		return nil, no("user_not_found")
	}
	if user == BotUID {
		return nil, no("cannot_dm_bot")
	}
	for _, c := range s.channels {
		if c.With == user {
			return values{"channel": values{"id": c.ID}}, nil
		}
	}
	c := &Channel{ID: "D" + strings.TrimPrefix(user, "U"), With: user, Private: true, Members: []string{BotUID, user}}
	s.channels[c.ID] = c
	s.order = append(s.order, c.ID)
	return values{"channel": values{"id": c.ID}}, nil
}

// cut is one page of a list.
func cut(all []any, args values) (some []any, next string) {
	from, _ := strconv.Atoi(strings.TrimPrefix(args.text("cursor"), "page:"))
	from = min(from, len(all))
	most := args.number("limit")
	if most == 0 {
		most = 100
	}
	to := min(from+most, len(all))
	if to < len(all) {
		next = "page:" + strconv.Itoa(to)
	}
	return all[from:to], next
}

// history is conversations.history: the newest message first, without what was
// answered in threads unless the channel was told too.
func (s *Server) history(args values) (values, *refusal) {
	c, refused := s.place(args.text("channel"))
	if refused != nil {
		return nil, refused
	}
	var all []any
	for _, m := range slices.Backward(c.messages) {
		if within(m.TS, args) && !m.hidden() && (m.thread() == "" || m.Broadcast) {
			all = append(all, s.shown(c, m, args.yes("include_all_metadata")))
		}
	}
	return s.paged(all, args), nil
}

// replies is conversations.replies: the thread's first message, and its answers,
// the oldest first. A message without answers is alone.
func (s *Server) replies(args values) (values, *refusal) {
	c, refused := s.place(args.text("channel"))
	if refused != nil {
		return nil, refused
	}
	ts := args.text("ts")
	first := c.find(ts)
	if first == nil {
		return nil, no("thread_not_found")
	}
	if first.thread() != "" {
		return s.paged([]any{s.shown(c, first, args.yes("include_all_metadata"))}, args), nil
	}
	var all []any
	for _, m := range c.messages {
		if (m.TS == ts || m.Thread == ts && within(m.TS, args)) && !m.hidden() {
			all = append(all, s.shown(c, m, args.yes("include_all_metadata")))
		}
	}
	return s.paged(all, args), nil
}

func (s *Server) paged(all []any, args values) values {
	if s.pageSize > 0 && (args.number("limit") == 0 || args.number("limit") > s.pageSize) {
		args["limit"] = strconv.Itoa(s.pageSize)
	}
	some, next := cut(all, args)
	return values{"messages": some, "has_more": next != "", "response_metadata": values{"next_cursor": next}}
}

// within reports whether a message lies between oldest and latest.
func within(ts string, args values) bool {
	at := micro(ts)
	oldest, latest := args.text("oldest"), args.text("latest")
	if args.yes("inclusive") {
		return (oldest == "" || at >= micro(oldest)) && (latest == "" || at <= micro(latest))
	}
	return (oldest == "" || at > micro(oldest)) && (latest == "" || at < micro(latest))
}

func micro(ts string) int64 {
	whole, part, _ := strings.Cut(ts, ".")
	seconds, _ := strconv.ParseInt(whole, 10, 64)
	fraction, _ := strconv.ParseInt((part + "000000")[:6], 10, 64)
	return seconds*1e6 + fraction
}
