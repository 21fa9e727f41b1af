package slacktest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// refusal is an answer that says no.
type refusal struct {
	name   string
	status int           // 200 if not set
	after  time.Duration // to wait
	needed string        // scope
	has    string        // scopes that the app has, of which that is none
	about  []string      // response_metadata.messages
}

func no(name string) *refusal { return &refusal{name: name} }

// ServeHTTP is all of Slack's addresses.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/api/"):
		s.serveAPI(w, r, strings.TrimPrefix(path, "/api/"))
	case strings.HasPrefix(path, "/upload/"):
		s.serveUpload(w, r, strings.TrimPrefix(path, "/upload/"))
	case strings.HasPrefix(path, "/files/"):
		s.serveFile(w, r)
	case strings.HasPrefix(path, "/respond/"):
		s.serveRespond(w, r, strings.TrimPrefix(path, "/respond/"))
	case path == "/link/":
		s.serveSocket(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, method string) {
	args, token, err := read(r)
	if err != nil {
		reply(w, nil, no("invalid_json"))
		return
	}
	want := Token
	if method == "apps.connections.open" {
		want = AppToken
	}
	switch {
	case token == "":
		reply(w, nil, no("not_authed"))
	case token == Token && want == AppToken, token == AppToken && want == Token:
		reply(w, nil, no("not_allowed_token_type"))
	case token != want:
		reply(w, nil, no("invalid_auth"))
	default:
		s.act(w, r, method, args)
	}
}

// reads: these meet a fault too, unless it is another method's.
func reads(method string) bool { return strings.HasPrefix(method, "conversations.") }

// silentReads are asked at any time, and are no requests that a test counts.
func quiet(method string) bool {
	switch method {
	case "auth.test", "apps.connections.open", "users.info", "conversations.info", "files.info":
		return true
	}
	return false
}

// act does what a request asks for, or what a fault makes of it.
func (s *Server) act(w http.ResponseWriter, r *http.Request, method string, args values) {
	s.mu.Lock()
	var fault Fault
	if !quiet(method) {
		if !reads(method) {
			s.begun++
		}
		if s.faultFor == "" || s.faultFor == method {
			fault, s.fault, s.faultFor = s.fault, "", ""
		}
	}
	var result values
	var refused *refusal
	switch fault {
	case Limited:
		s.refused++
		refused = &refusal{name: "ratelimited", status: 429, after: 7 * time.Second}
	case Broken:
		refused = &refusal{status: 500}
	case Internal:
		refused = no("internal_error")
	case Auth:
		refused = no("invalid_auth")
	case Missing:
		refused = no("channel_not_found")
	case Silent:
	default:
		if refused = s.limit(method, args.text("channel")); refused == nil {
			result, refused = s.do(method, args)
		}
	}
	scopes := strings.Join(s.scopes, ",")
	s.mu.Unlock()
	w.Header().Set("X-OAuth-Scopes", scopes)
	switch fault {
	case Silent:
		s.arrived <- struct{}{}
		<-r.Context().Done()
	case Lost:
		panic(http.ErrAbortHandler)
	default:
		reply(w, result, refused)
	}
}

func reply(w http.ResponseWriter, result values, refused *refusal) {
	if refused != nil && refused.name == "" {
		w.WriteHeader(refused.status)
		_, _ = io.WriteString(w, "upstream connect error")
		return
	}
	body := values{"ok": true}
	for name, value := range result {
		body[name] = value
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if refused != nil {
		body = values{"ok": false, "error": refused.name}
		if refused.needed != "" {
			body["needed"], body["provided"] = refused.needed, refused.has
		}
		if len(refused.about) > 0 {
			body["response_metadata"] = values{"messages": refused.about}
		}
		if refused.after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((refused.after+time.Second-1)/time.Second)))
		}
		if refused.status != 0 {
			w.WriteHeader(refused.status)
		}
	}
	_ = json.NewEncoder(w).Encode(body)
}

// read reads a request's arguments and its token, from whatever form they come
// in.
func read(r *http.Request) (values, string, error) {
	args := values{}
	for name, v := range r.URL.Query() {
		args[name] = fromForm(v[0])
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, "", err
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "application/json" && len(body) > 0:
		if err := json.Unmarshal(body, &args); err != nil {
			return nil, "", err
		}
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, "", err
		}
		for name := range form {
			args[name] = fromForm(form.Get(name))
		}
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		token = args.text("token")
	}
	return args, token, nil
}
