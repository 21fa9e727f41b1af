// Package telegramtest is a Bot API to test with: one bot's chats, in memory,
// with the limits, refusals and faults of the real one, as far as a bot can
// tell. That it is faithful, a client that nobody here wrote checks: see
// test/clients.
package telegramtest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/platform/platformtest"
)

// Token is the bot's.
const Token = "123456:AbCdEf-GhIjKlMnOpQrStUvWxYz012345"

// BotID and BotName are who the bot is.
const (
	BotID   = 123456
	BotName = "postern_bot"
)

// Fault is what can be made to happen to a request.
type Fault string

// The faults.
const (
	Limited Fault = "limited" // 429, retry after 7 s
	Broken  Fault = "broken"  // 500
	Auth    Fault = "auth"    // 401
	Missing Fault = "missing" // 400 chat not found
	Silent  Fault = "silent"  // taken, not acted on, not answered until the caller goes
	Lost    Fault = "lost"    // acted on, and the answer lost
)

// Rate is so many requests within a time; a zero one bounds nothing.
type Rate struct {
	Many int
	Per  time.Duration
}

// Limits are the rates that the server keeps to. The zero value bounds
// nothing.
type Limits struct{ Chat, Group, Account Rate }

// Published are the limits of core.telegram.org/bots/faq.
func Published() Limits {
	return Limits{Chat: Rate{1, time.Second}, Group: Rate{20, time.Minute}, Account: Rate{30, time.Second}}
}

// Server is the Bot API. It is safe for concurrent use.
type Server struct {
	platformtest.Changes // told of when a request was answered or a connection has gone on

	URL     string
	http    *httptest.Server
	arrived chan struct{}

	mu       sync.Mutex
	begun    int // requests of which a byte was read, less polls and getMe
	limits   Limits
	fault    Fault
	faultFor string // the method it is for; "" for any that acts
	chats    map[string]*Chat
	effects  []Effect
	refused  int // with 429
	files    map[string]file
	updates  []json.RawMessage
	nextID   int64
	lastMsg  int64
	news     chan struct{} // closed and replaced when there is an update, or a poll must end
	poll     int           // the number of the poll under way
	hook     webhook
	commands json.RawMessage
	answered []string // callback queries
	sent     map[string][]time.Time
	hooks    sync.WaitGroup
	posting  bool
	away     bool
}

type webhook struct{ url, secret string }

// Chat is one conversation.
type Chat struct {
	ID       int64
	Type     string // private, group, supergroup, channel
	Title    string
	Username string
	Topics   map[int64]bool // of a forum
	messages map[int64]*Message
}

// Message is one in a chat, as it is now.
type Message struct {
	ID       int64
	Chat     int64
	Thread   int64
	FromID   int64
	Text     string // or the caption
	Entities json.RawMessage
	Buttons  json.RawMessage
	File     string // its file_id
	Kind     string // photo, document, …; "" for a text
	ReplyTo  int64
	Silent   bool
	Reaction json.RawMessage
	Edits    int
	Deleted  bool
	Date     time.Time
}

// Effect is one thing that a user of the platform saw.
type Effect struct {
	Method  string
	Chat    string // as it was asked for
	Thread  string
	Message int64
	Text    string
	At      time.Time
}

type file struct {
	name, kind string
	data       []byte
}

// New starts a server with one direct conversation, 1000, and runs it until t
// ends.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		chats: map[string]*Chat{}, files: map[string]file{}, news: make(chan struct{}), sent: map[string][]time.Time{},
		arrived: make(chan struct{}, 1), nextID: 500,
	}
	s.AddChat(Chat{ID: 1000, Type: "private", Title: "Ann", Username: "ann_lee"})
	s.http = httptest.NewUnstartedServer(s)
	s.http.Config.ConnState = func(net.Conn, http.ConnState) {}
	s.http.Start()
	s.URL = s.http.URL
	t.Cleanup(func() {
		s.wake()
		s.http.Close()
		s.hooks.Wait()
	})
	return s
}

// Stop closes the server: nobody listens any more.
func (s *Server) Stop() { s.http.Close() }

// AddChat makes a conversation.
func (s *Server) AddChat(c Chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.messages = map[int64]*Message{}
	s.chats[strconv.FormatInt(c.ID, 10)] = &c
	if c.Username != "" {
		s.chats["@"+c.Username] = &c
	}
}

// Limit makes the server keep to limits.
func (s *Server) Limit(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
}

// Fail makes the next request that acts meet a fault; with a method, the next
// one of that.
func (s *Server) Fail(f Fault, method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.faultFor = f, method
}

// Away makes every request fail with a 502, as in an outage, until it is over;
// a poll that is held fails at once.
func (s *Server) Away(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = is
	s.endPoll()
}

// Arrived gets one value for each request that met Silent.
func (s *Server) Arrived() <-chan struct{} { return s.arrived }

// Requests counts those that act, of which a byte arrived.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun
}

// Refused counts the answers of 429.
func (s *Server) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// Effects is what users have seen by now, oldest first.
func (s *Server) Effects() []Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Effect(nil), s.effects...)
}

// Message is a message as it is now, and whether it is there.
func (s *Server) Message(chat, id int64) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[strconv.FormatInt(chat, 10)]
	if c == nil || c.messages[id] == nil || c.messages[id].Deleted {
		return Message{}, false
	}
	return *c.messages[id], true
}

// File is what was uploaded under a file_id.
func (s *Server) File(id string) (name string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files[id].name, s.files[id].data
}

// Answered are the callback queries that the bot has answered.
func (s *Server) Answered() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.answered...)
}

// Commands is the command menu as it was set.
func (s *Server) Commands() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.commands)
}

// call is one request, read.
type call struct {
	method string
	params map[string]json.RawMessage
	files  map[string]file
}

// refusal is an answer that says no.
type refusal struct {
	code       int
	text       string
	retryAfter int
	migrateTo  int64
}

func (r *refusal) Error() string { return r.text }

func bad(format string, args ...any) *refusal {
	return &refusal{code: 400, text: "Bad Request: " + fmt.Sprintf(format, args...)}
}

// ServeHTTP is the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/file/bot"+Token+"/"); ok {
		s.serveFile(w, rest)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/bot")
	token, method, named := strings.Cut(rest, "/")
	if !ok || !named {
		reply(w, nil, &refusal{code: 404, text: "Not Found"})
		return
	}
	if token != Token {
		reply(w, nil, &refusal{code: 401, text: "Unauthorized"})
		return
	}
	c, err := read(r, method)
	if err != nil {
		reply(w, nil, bad("can't parse the request: %v", err))
		return
	}
	s.mu.Lock()
	away := s.away
	s.mu.Unlock()
	if away {
		reply(w, nil, &refusal{code: 502, text: "Bad Gateway"})
		return
	}
	if strings.EqualFold(method, "getUpdates") {
		result, no := s.getUpdates(r.Context(), c)
		reply(w, result, no)
		return
	}
	s.act(w, r, c)
}

// act does what a request asks for, or what a fault makes of it.
func (s *Server) act(w http.ResponseWriter, r *http.Request, c call) {
	defer s.Tell()
	s.mu.Lock()
	acts := !strings.HasPrefix(c.method, "get") && !strings.HasPrefix(c.method, "setMyC") && !strings.HasSuffix(c.method, "Webhook")
	var fault Fault
	if acts {
		s.begun++
		if s.faultFor == "" || s.faultFor == c.method {
			fault, s.fault, s.faultFor = s.fault, "", ""
		}
	}
	var result any
	var no *refusal
	switch fault {
	case Limited:
		no = s.tooMany(7)
	case Broken:
		no = &refusal{code: 500, text: "Internal Server Error"}
	case Auth:
		no = &refusal{code: 401, text: "Unauthorized"}
	case Missing:
		no = bad("chat not found")
	case Silent:
	default:
		result, no = s.do(c)
	}
	s.mu.Unlock()
	switch fault {
	case Silent:
		s.arrived <- struct{}{}
		<-r.Context().Done()
	case Lost:
		panic(http.ErrAbortHandler)
	default:
		reply(w, result, no)
	}
}

func (s *Server) tooMany(seconds int) *refusal {
	s.refused++
	return &refusal{code: 429, text: fmt.Sprintf("Too Many Requests: retry after %d", seconds), retryAfter: seconds}
}

func reply(w http.ResponseWriter, result any, no *refusal) {
	w.Header().Set("Content-Type", "application/json")
	body := map[string]any{"ok": true, "result": result}
	if no != nil {
		body = map[string]any{"ok": false, "error_code": no.code, "description": no.text}
		parameters := map[string]any{}
		if no.retryAfter > 0 {
			parameters["retry_after"] = no.retryAfter
			w.Header().Set("Retry-After", strconv.Itoa(no.retryAfter))
		}
		if no.migrateTo != 0 {
			parameters["migrate_to_chat_id"] = no.migrateTo
		}
		if len(parameters) > 0 {
			body["parameters"] = parameters
		}
		w.WriteHeader(no.code)
	}
	_ = json.NewEncoder(w).Encode(body)
}

// read reads a request's parameters, from whatever form they come in.
func read(r *http.Request, method string) (call, error) {
	c := call{method: method, params: map[string]json.RawMessage{}, files: map[string]file{}}
	for name, values := range r.URL.Query() {
		c.params[name] = asJSON(values[0])
	}
	kind, about, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) == 0 {
			return c, err
		}
		return c, json.Unmarshal(body, &c.params)
	case "multipart/form-data":
		return c, readForm(r.Body, about["boundary"], &c)
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return c, err
		}
		for name, values := range r.PostForm {
			c.params[name] = asJSON(values[0])
		}
	}
	return c, nil
}

// asJSON is a parameter of a form: what is no JSON is a text.
func asJSON(s string) json.RawMessage {
	if json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	text, _ := json.Marshal(s)
	return text
}
