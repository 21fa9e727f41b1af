package discordtest

import (
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

type object map[string]any

// call is one request, read.
type call struct {
	method string
	path   string
	words  []string
	query  url.Values
	body   []byte
	files  []File
}

func (c *call) into(v any) bool { return json.Unmarshal(c.body, v) == nil }

// acts reports whether a request does something that people see.
func (c *call) acts() bool {
	return c.method != http.MethodGet && (c.words[0] == "channels" || c.words[0] == "interactions" || c.words[0] == "webhooks")
}

// ServeHTTP is the API, the gateway, and the file servers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer s.Tell()
	switch {
	case r.URL.Path == "/gateway" || r.URL.Path == "/gateway/":
		s.serveGateway(w, r)
		return
	case strings.HasPrefix(r.URL.Path, "/attachments/"):
		s.serveFile(w, r)
		return
	}
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/api/v10")
	if !ok {
		answer(w, nil, no(http.StatusNotFound, 0, "404: Not Found"))
		return
	}
	c := call{method: r.Method, path: path, words: strings.Split(strings.Trim(path, "/"), "/"), query: r.URL.Query()}
	if err := read(r, &c); err != nil {
		answer(w, nil, no(http.StatusBadRequest, 50109, "The request body contains invalid JSON."))
		return
	}
	for i, word := range c.words {
		c.words[i], _ = url.PathUnescape(word)
	}
	open := c.words[0] == "interactions" || c.words[0] == "webhooks"
	if !open && r.Header.Get("Authorization") != "Bot "+Token {
		answer(w, nil, no(http.StatusUnauthorized, 0, "401: Unauthorized"))
		return
	}
	s.act(w, r, c)
}

// act does what a request asks for, or what a fault makes of it.
func (s *Server) act(w http.ResponseWriter, r *http.Request, c call) {
	s.mu.Lock()
	var fault Fault
	if c.acts() {
		s.begun++
		if s.faultFor == "" || strings.HasPrefix(c.method+" "+c.path, s.faultFor) {
			fault, s.fault, s.faultFor = s.fault, "", ""
		}
	}
	result, refused := s.meet(fault, c, w.Header())
	s.mu.Unlock()
	switch fault {
	case Silent:
		s.arrived <- struct{}{}
		<-r.Context().Done()
	case Lost:
		panic(http.ErrAbortHandler)
	default:
		answer(w, result, refused)
	}
}

func (s *Server) meet(fault Fault, c call, h http.Header) (any, *refusal) {
	switch {
	case s.away:
		return nil, &refusal{status: http.StatusBadGateway, html: true}
	case fault == Limited:
		return nil, s.tooMany(7.5, "user")
	case fault == Shared:
		return nil, s.tooMany(3.5, "shared")
	case fault == Global:
		return nil, s.tooMany(2.5, "global")
	case fault == Banned:
		s.refused++
		return nil, &refusal{status: http.StatusTooManyRequests, after: 20, html: true}
	case fault == Broken:
		return nil, no(http.StatusInternalServerError, 0, "500: Internal Server Error")
	case fault == Auth:
		return nil, no(http.StatusUnauthorized, 0, "401: Unauthorized")
	case fault == Missing:
		return nil, no(http.StatusNotFound, 10003, "Unknown Channel")
	case fault == Silent:
		return nil, nil
	}
	if refused := s.within(c.method, c.path, h); refused != nil {
		return nil, refused
	}
	return s.do(c)
}

// nothing is an answer without a body.
type nothing struct{}

func answer(w http.ResponseWriter, result any, r *refusal) {
	h := w.Header()
	if r == nil {
		if _, none := result.(nothing); none {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(result)
		return
	}
	if r.after > 0 {
		h.Set("Retry-After", strconv.Itoa(int(r.after)+1))
	}
	if r.html {
		h.Set("Content-Type", "text/html")
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, "<html>error code: 1015</html>")
		return
	}
	body := object{"message": r.text, "code": r.code}
	if r.errors != nil {
		body["errors"] = r.errors
	}
	if r.status == http.StatusTooManyRequests {
		body = object{"message": r.text, "retry_after": r.after, "global": r.scope == "global"}
		if r.code != 0 {
			body["code"] = r.code
		}
		h.Set("X-RateLimit-Scope", r.scope)
		if r.scope == "global" {
			h.Set("X-RateLimit-Global", "true")
		}
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	_ = json.NewEncoder(w).Encode(body)
}

// read reads a request's body: JSON, or a form of payload_json and files.
func read(r *http.Request, c *call) error {
	kind, about, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		body, err := io.ReadAll(r.Body)
		c.body = body
		if err == nil && len(body) > 0 && !json.Valid(body) {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	form := multipart.NewReader(r.Body, about["boundary"])
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FormName() == "payload_json" {
			c.body = data
		} else {
			c.files = append(c.files, File{part.FileName(), part.Header.Get("Content-Type"), data})
		}
	}
}

func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f, ok := s.files[strings.TrimPrefix(r.URL.Path, "/attachments/")]
	held := s.held
	s.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-r.Context().Done():
			return
		}
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.Kind)
	_, _ = w.Write(f.Data)
}

// do does what a request asks for. The mutex is held.
func (s *Server) do(c call) (any, *refusal) {
	at := func(i int) string {
		if i < len(c.words) {
			return c.words[i]
		}
		return ""
	}
	shape, _ := template(c.method, c.path)
	switch shape {
	case "GET /users/@me":
		return s.user(BotID), nil
	case "GET /applications/@me", "GET /oauth2/applications/@me":
		return s.application(), nil
	case "GET /gateway", "GET /gateway/bot":
		return object{"url": s.gatewayURL(), "shards": 1, "session_start_limit": object{"total": 1000, "remaining": s.starts, "reset_after": 3_600_000, "max_concurrency": 1}}, nil
	case "GET /users/{id}":
		if s.users[at(1)] == nil {
			return nil, no(http.StatusNotFound, 10013, "Unknown User")
		}
		return s.user(at(1)), nil
	case "POST /users/@me/channels":
		return s.openDM(c)
	case "GET /users/@me/guilds":
		return []any{object{"id": GuildID, "name": "Crew", "permissions": "2251799813685247", "owner": false, "features": []any{}}}, nil
	case "GET /guilds/{major}":
		return s.guild(false), nil
	case "GET /guilds/{major}/channels":
		return s.places(false), nil
	case "GET /guilds/{major}/threads/active":
		return object{"threads": s.places(true), "members": []any{}}, nil
	case "GET /guilds/{major}/members":
		return s.members(), nil
	case "PUT /applications/{id}/commands":
		return s.putCommands(c)
	case "PUT /applications/{id}/guilds/{id}/commands":
		if at(3) != GuildID {
			return nil, no(http.StatusForbidden, 50001, "Missing Access")
		}
		return s.putCommands(c)
	}
	switch {
	case at(0) == "channels":
		return s.channelCall(c, at)
	case at(0) == "interactions" && at(3) == "callback":
		return s.callback(c, at(1), at(2))
	case at(0) == "webhooks":
		return s.webhook(c, at)
	}
	return nil, no(http.StatusNotFound, 0, "404: Not Found")
}

func (s *Server) channelCall(c call, at func(int) string) (any, *refusal) {
	p := s.channels[at(1)]
	if p == nil {
		return nil, no(http.StatusNotFound, 10003, "Unknown Channel")
	}
	if p.Hidden {
		return nil, no(http.StatusForbidden, 50001, "Missing Access")
	}
	m := p.messages[at(3)]
	shape, _ := template(c.method, c.path)
	if at(3) != "" && at(2) == "messages" && (m == nil || m.Deleted) {
		return nil, no(http.StatusNotFound, 10008, "Unknown Message")
	}
	switch shape {
	case "GET /channels/{major}":
		return s.place(p), nil
	case "POST /channels/{major}/messages":
		return s.create(p, c)
	case "GET /channels/{major}/messages":
		return s.history(p, c), nil
	case "GET /channels/{major}/messages/{id}":
		return s.object(m, false), nil
	case "PATCH /channels/{major}/messages/{id}":
		return s.edit(p, m, c)
	case "DELETE /channels/{major}/messages/{id}":
		s.remove(m)
		return nothing{}, nil
	case "PUT /channels/{major}/messages/{id}/reactions/{emoji}/@me":
		return s.react(m, at(5), true)
	case "DELETE /channels/{major}/messages/{id}/reactions/{emoji}/@me":
		return s.react(m, at(5), false)
	case "POST /channels/{major}/typing":
		s.saw("typing", p.ID, "", "")
		return nothing{}, nil
	case "POST /channels/{major}/threads":
		return s.post(p, c)
	case "GET /channels/{major}/thread-members":
		return []any{object{"id": p.ID, "user_id": Ann, "member": object{"user": s.user(Ann), "nick": "Ann"}}}, nil
	case "GET /channels/{major}/pins":
		return []any{}, nil
	}
	return nil, no(http.StatusNotFound, 0, "404: Not Found")
}

func (s *Server) putCommands(c call) (any, *refusal) {
	var list []object
	if !c.into(&list) {
		return nil, bad("0", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
	}
	for _, one := range list {
		name, _ := one["name"].(string)
		description, _ := one["description"].(string)
		if name == "" || strings.ToLower(name) != name || len(name) > 32 {
			return nil, bad("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
		}
		if description == "" || len([]rune(description)) > 100 {
			return nil, bad("description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
		}
		one["id"], one["application_id"], one["version"] = s.newID(), AppID, "1"
	}
	s.commands[c.path] = c.body
	return list, nil
}

func (s *Server) openDM(c call) (any, *refusal) {
	var asked struct {
		Recipient string `json:"recipient_id"`
	}
	if !c.into(&asked) || s.users[asked.Recipient] == nil {
		return nil, no(http.StatusBadRequest, 50033, "Invalid Recipient(s)")
	}
	for _, p := range s.channels {
		if p.Recipient == asked.Recipient {
			return s.place(p), nil
		}
	}
	p := &Place{ID: s.newID(), Type: 1, Recipient: asked.Recipient, messages: map[string]*Message{}}
	s.channels[p.ID] = p
	return s.place(p), nil
}
