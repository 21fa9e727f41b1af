package discordtest

import "time"

// Who and what there is, as the API tells of it. The mutex is held.

func (s *Server) user(id string) object {
	u := s.users[id]
	if u == nil {
		return object{"id": id, "username": "nobody", "discriminator": "0", "global_name": nil, "avatar": nil, "bot": false}
	}
	return object{"id": u.ID, "username": u.Username, "discriminator": "0", "global_name": u.GlobalName, "avatar": nil, "bot": u.Bot}
}

func (s *Server) application() object {
	flags := 0
	if s.intents&(1<<1) != 0 {
		flags |= 1 << 15
	}
	if s.intents&(1<<15) != 0 {
		flags |= 1 << 19
	}
	return object{"id": AppID, "name": "Postern", "flags": flags, "bot": s.user(BotID)}
}

func (s *Server) place(p *Place) object {
	o := object{"id": p.ID, "type": p.Type, "flags": 0, "last_message_id": nil}
	if p.Guild == "" {
		o["recipients"] = []any{s.user(p.Recipient)}
		return o
	}
	o["guild_id"], o["name"], o["position"], o["permission_overwrites"], o["nsfw"] = p.Guild, p.Name, 0, []any{}, false
	if p.Parent != "" {
		o["parent_id"], o["owner_id"], o["message_count"], o["member_count"] = p.Parent, Ann, 0, 1
		o["thread_metadata"] = object{"archived": false, "auto_archive_duration": 1440, "archive_timestamp": time.Now().UTC().Format(time.RFC3339), "locked": p.Locked}
		o["member"] = object{"id": p.ID, "user_id": BotID, "join_timestamp": time.Now().UTC().Format(time.RFC3339), "flags": 0}
	}
	return o
}

func (s *Server) places(threads bool) []any {
	out := []any{}
	for _, p := range s.channels {
		if p.Guild != "" && (p.Parent != "") == threads {
			out = append(out, s.place(p))
		}
	}
	return out
}

func (s *Server) members() []any {
	out := []any{}
	for _, id := range []string{Ann, BotID} {
		out = append(out, s.member(id, true))
	}
	return out
}

func (s *Server) member(id string, whole bool) object {
	o := object{"roles": []any{}, "joined_at": "2024-01-01T00:00:00+00:00", "deaf": false, "mute": false, "flags": 0, "nick": nil, "avatar": nil}
	if u := s.users[id]; u != nil && u.Nick != "" {
		o["nick"] = u.Nick
	}
	if whole {
		o["user"] = s.user(id)
	}
	return o
}

// guild is the server; with all that is told when a session begins.
func (s *Server) guild(whole bool) object {
	o := object{
		"id": GuildID, "name": "Crew", "icon": nil, "owner_id": Ann, "system_channel_id": Channel, "features": []any{}, "emojis": []any{}, "stickers": []any{},
		"roles":              []any{object{"id": GuildID, "name": "@everyone", "permissions": "2251799813685247", "position": 0, "color": 0, "hoist": false, "managed": false, "mentionable": false, "flags": 0}},
		"verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0, "nsfw_level": 0, "preferred_locale": "en-US", "premium_tier": 0,
		"afk_timeout": 300, "system_channel_flags": 0, "premium_progress_bar_enabled": false,
	}
	if whole {
		o["channels"], o["threads"], o["members"], o["member_count"] = s.places(false), s.places(true), s.members(), 2
		o["presences"], o["voice_states"], o["stage_instances"], o["guild_scheduled_events"], o["soundboard_sounds"] = []any{}, []any{}, []any{}, []any{}, []any{}
		o["unavailable"], o["large"], o["joined_at"] = false, false, "2024-01-01T00:00:00+00:00"
	}
	return o
}
