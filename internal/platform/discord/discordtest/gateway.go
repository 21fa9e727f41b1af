package discordtest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// session is what a bot resumes: all that was told of it, in order.
type session struct {
	id      string
	intents int
	seq     int64
	log     []told
	link    *link // nil while nobody is connected
}

type told struct {
	seq  int64
	text []byte
}

// link is one connection.
type link struct {
	conn  *websocket.Conn
	out   chan []byte
	close func(websocket.StatusCode, string)
}

type frame struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  *int64          `json:"s"`
	Type *string         `json:"t"`
}

func (s *Server) gatewayURL() string { return strings.Replace(s.base, "http", "ws", 1) + "/gateway" }

// serveGateway is one connection, from hello to its end.
func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	s.sockets.Add(1)
	defer s.sockets.Done()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	l := &link{conn: conn, out: make(chan []byte, 20_000)}
	l.close = func(code websocket.StatusCode, reason string) {
		s.sockets.Add(1)
		go func() {
			defer s.sockets.Done()
			_ = conn.Close(code, reason)
			cancel()
		}()
	}
	s.sockets.Add(1)
	go func() {
		defer s.sockets.Done()
		for {
			select {
			case text := <-l.out:
				if conn.Write(ctx, websocket.MessageText, text) != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	s.mu.Lock()
	l.send(10, object{"heartbeat_interval": s.interval.Milliseconds()})
	s.mu.Unlock()
	var of *session
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			s.left(of, l, websocket.CloseStatus(err))
			_ = conn.CloseNow()
			return
		}
		var f frame
		if json.Unmarshal(text, &f) != nil {
			l.close(4002, "Error while decoding payload.")
			continue
		}
		s.mu.Lock()
		switch f.Op {
		case 1:
			s.heard = 0
			_ = json.Unmarshal(f.Data, &s.heard)
			if s.beats++; !s.deaf {
				l.send(11, nil)
			}
		case 2:
			of = s.identify(l, f.Data)
		case 3:
			s.present(f.Data)
		case 6:
			of = s.resume(l, f.Data)
		default:
			if of == nil {
				l.close(4003, "Not authenticated.")
			}
		}
		s.mu.Unlock()
		s.Tell()
	}
}

func (l *link) send(op int, data any) {
	text, _ := json.Marshal(object{"op": op, "d": data, "s": nil, "t": nil})
	l.put(text)
}

func (l *link) put(text []byte) {
	select {
	case l.out <- text:
	default: // who does not read, misses it
	}
}

// left is the end of a connection. A session that its bot closed with 1000 or
// 1001 is over; every other one can be resumed.
func (s *Server) left(of *session, l *link, code websocket.StatusCode) {
	defer s.Tell()
	s.mu.Lock()
	defer s.mu.Unlock()
	if of == nil || of.link != l {
		return
	}
	of.link = nil
	if code == websocket.StatusNormalClosure || code == websocket.StatusGoingAway {
		delete(s.sessions, of.id)
	}
}

func (s *Server) identify(l *link, data json.RawMessage) *session {
	var asked struct {
		Token    string          `json:"token"`
		Intents  int             `json:"intents"`
		Presence json.RawMessage `json:"presence"`
	}
	if json.Unmarshal(data, &asked) != nil || strings.TrimPrefix(asked.Token, "Bot ") != Token {
		l.close(4004, "Authentication failed.")
		return nil
	}
	const privileged = 1<<1 | 1<<8 | 1<<15
	if asked.Intents < 0 || asked.Intents >= 1<<26 {
		l.close(4013, "Invalid intent(s).")
		return nil
	}
	if asked.Intents&privileged&^s.intents != 0 {
		l.close(4014, "Disallowed intent(s).")
		return nil
	}
	if s.starts--; s.starts < 0 {
		l.close(4004, "Authentication failed.") // the token was taken away
		return nil
	}
	of := &session{id: "session-" + s.newID(), intents: asked.Intents, link: l}
	s.sessions[of.id] = of
	if len(asked.Presence) > 0 {
		s.present(asked.Presence)
	}
	s.tell(of, "READY", object{
		"v": 10, "user": s.user(BotID), "guilds": []any{object{"id": GuildID, "unavailable": true}}, "session_id": of.id, "resume_gateway_url": s.gatewayURL(),
		"application": object{"id": AppID, "flags": 0}, "session_type": "normal", "private_channels": []any{}, "relationships": []any{}, "user_settings": object{},
	})
	s.tell(of, "GUILD_CREATE", s.guild(true))
	return of
}

func (s *Server) resume(l *link, data json.RawMessage) *session {
	var asked struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int64  `json:"seq"`
	}
	if json.Unmarshal(data, &asked) != nil || strings.TrimPrefix(asked.Token, "Bot ") != Token {
		l.close(4004, "Authentication failed.")
		return nil
	}
	of := s.sessions[asked.Session]
	switch {
	case of == nil:
		l.send(9, false)
		return nil
	case asked.Seq > of.seq:
		delete(s.sessions, of.id)
		l.close(4007, "Invalid seq.")
		return nil
	}
	if of.link != nil {
		of.link.close(4000, "Resumed elsewhere.")
	}
	of.link = l
	s.resumes++
	for _, one := range of.log {
		if one.seq > asked.Seq {
			l.put(one.text)
		}
	}
	s.tell(of, "RESUMED", object{})
	return of
}

// tell adds to a session, and sends it if somebody is there.
func (s *Server) tell(of *session, what string, data any) {
	of.seq++
	text, _ := json.Marshal(object{"op": 0, "t": what, "s": of.seq, "d": data})
	of.log = append(of.log, told{of.seq, text})
	if of.link != nil {
		of.link.put(text)
	}
}

// dispatch tells all sessions what happened in a channel, as far as their
// intents go.
func (s *Server) dispatch(what string, p *Place, data object) {
	for _, of := range s.sessions {
		if wants(of.intents, what, p.Guild == "") {
			s.tell(of, what, s.shownTo(of, what, p, data))
		}
	}
}

func wants(intents int, what string, direct bool) bool {
	bit := 0
	switch {
	case strings.HasPrefix(what, "MESSAGE_REACTION") && direct:
		bit = 13
	case strings.HasPrefix(what, "MESSAGE_REACTION"):
		bit = 10
	case strings.HasPrefix(what, "MESSAGE_") && direct:
		bit = 12
	case strings.HasPrefix(what, "MESSAGE_"):
		bit = 9
	case strings.HasPrefix(what, "GUILD_MEMBER"):
		bit = 1
	case what == "INTERACTION_CREATE":
		return true
	}
	return intents&(1<<bit) != 0
}

// shownTo is a message as a session sees it: with its server and its author's
// membership, and without what it says if the intent is not there, unless it
// concerns the bot.
func (s *Server) shownTo(of *session, what string, p *Place, data object) object {
	if what != "MESSAGE_CREATE" && what != "MESSAGE_UPDATE" {
		return data
	}
	out := object{}
	for name, value := range data {
		out[name] = value
	}
	out["channel_type"] = p.Type
	author, _ := data["author"].(object)
	if p.Guild != "" {
		out["guild_id"] = p.Guild
		out["member"] = s.member(author["id"].(string), false)
	}
	concerns := p.Guild == "" || author["id"] == BotID || strings.Contains(data["content"].(string), "<@"+BotID+">")
	if of.intents&(1<<15) == 0 && !concerns {
		out["content"], out["attachments"], out["embeds"], out["components"] = "", []any{}, []any{}, []any{}
	}
	return out
}

func (s *Server) present(data json.RawMessage) {
	var p struct {
		Status     string `json:"status"`
		Activities []struct {
			State string `json:"state"`
		} `json:"activities"`
	}
	_ = json.Unmarshal(data, &p)
	text := p.Status
	if len(p.Activities) > 0 {
		text += " " + p.Activities[0].State
	}
	s.saw("presence", "", "", text)
}
