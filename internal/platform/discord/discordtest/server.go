// Package discordtest is a Discord to test with: one bot's server, in memory,
// by REST and by the gateway, with the limits, refusals and faults of the real
// one, as far as a bot can tell. That it is faithful, a client that nobody here
// wrote checks: see test/clients.
package discordtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/platform/platformtest"
)

// Token is the bot's.
const Token = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.fake-Token_of-a-bot-that-nobody-has"

// Who and what is there from the beginning.
const (
	BotID   = "123456789012345678"
	AppID   = "123456789012345679"
	GuildID = "200000000000000001"
	Channel = "300000000000000001" // a text channel of the server
	Thread  = "300000000000000002" // in it
	Forum   = "300000000000000003"
	Ann     = "400000000000000001" // a member
	AnnDM   = "300000000000000004" // the direct conversation with her
)

// Fault is what can be made to happen to a request.
type Fault string

// The faults.
const (
	Limited Fault = "limited" // 429 of the bucket, 7.5 s
	Shared  Fault = "shared"  // 429 of the resource: others used it up
	Global  Fault = "global"  // 429 of all
	Banned  Fault = "banned"  // 429 of what stands before Discord
	Broken  Fault = "broken"  // 500
	Auth    Fault = "auth"    // 401
	Missing Fault = "missing" // 404, unknown channel
	Silent  Fault = "silent"  // taken, not acted on, not answered until the caller goes
	Lost    Fault = "lost"    // acted on, and the answer lost
)

// Server is Discord. It is safe for concurrent use.
type Server struct {
	platformtest.Changes // told of when a request was answered or a connection has gone on

	URL     string // of the API, with its version
	http    *httptest.Server
	base    string
	arrived chan struct{}
	ctx     context.Context // of all sockets
	end     context.CancelFunc
	sockets sync.WaitGroup

	mu       sync.Mutex
	begun    int // requests of which a byte was read and that act
	limits   Limits
	windows  map[string]*window
	sent     []time.Time // requests that count for all
	fault    Fault
	faultFor string // the method and path's beginning it is for; "" for any that acts
	away     bool
	refused  int // with 429
	unheeded int // of those, that a header had announced
	channels map[string]*Place
	users    map[string]*User
	effects  []Effect
	nonces   map[string]nonce
	window   time.Duration // that a nonce is remembered
	files    map[string]File
	held     chan struct{}     // open: files are not handed out before it is closed; nil: they are
	commands map[string][]byte // by path
	forms    map[string]*Interaction
	lastID   int64
	intents  int // privileged ones that are enabled
	sessions map[string]*session
	starts   int // sessions that may still be begun
	interval time.Duration
	resumes  int
	beats    int
	heard    int64 // the number that the last heartbeat bore
	deaf     bool
}

type nonce struct {
	id      string
	channel string
	at      time.Time
}

// User is somebody.
type User struct {
	ID, Username, GlobalName, Nick string
	Bot                            bool
}

// Place is a channel, a thread or a direct conversation.
type Place struct {
	ID, Guild, Name, Parent string
	Type                    int
	Recipient               string
	Locked, Hidden          bool
	messages                map[string]*Message
	order                   []string
}

// File is what was uploaded, or sent by somebody.
type File struct {
	Name, Kind string
	Data       []byte
}

// Effect is one thing that a user of the platform saw.
type Effect struct {
	What    string // POST, PATCH, DELETE of a message; react, unreact, typing, presence, post
	Channel string
	Message string
	Text    string
	At      time.Time
}

// New starts a Discord and runs it until t ends.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		arrived: make(chan struct{}, 1), windows: map[string]*window{}, channels: map[string]*Place{}, users: map[string]*User{},
		nonces: map[string]nonce{}, window: 3 * time.Minute, files: map[string]File{}, commands: map[string][]byte{},
		forms: map[string]*Interaction{}, sessions: map[string]*session{}, starts: 1000, interval: 41250 * time.Millisecond,
		intents: 1<<1 | 1<<15,
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	s.users[BotID] = &User{ID: BotID, Username: "postern", GlobalName: "Postern", Bot: true}
	s.users[Ann] = &User{ID: Ann, Username: "ann_lee", GlobalName: "Ann Lee", Nick: "Ann"}
	s.AddPlace(Place{ID: Channel, Guild: GuildID, Name: "general"})
	s.AddPlace(Place{ID: Thread, Guild: GuildID, Name: "plans", Parent: Channel, Type: 11})
	s.AddPlace(Place{ID: Forum, Guild: GuildID, Name: "help", Type: 15})
	s.AddPlace(Place{ID: AnnDM, Type: 1, Recipient: Ann})
	s.http = httptest.NewUnstartedServer(s)
	s.base = "http://" + s.http.Listener.Addr().String() // before anybody can ask
	s.URL = s.base + "/api/v10"
	s.http.Start()
	t.Cleanup(func() {
		s.end()
		s.http.CloseClientConnections()
		s.http.Close()
		s.sockets.Wait()
	})
	return s
}

// Stop closes the server: nobody listens any more.
func (s *Server) Stop() {
	s.end()
	s.http.CloseClientConnections()
	s.http.Close()
}

// AddPlace makes a channel.
func (s *Server) AddPlace(p Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.messages = map[string]*Message{}
	s.channels[p.ID] = &p
}

// AddUser makes somebody.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u.ID] = &u
}

// Fail makes the next request that acts meet a fault; with the beginning of a
// method and path, the next one of those.
func (s *Server) Fail(f Fault, of string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.faultFor = f, of
}

// Away makes every request fail with a 502 until it is over.
func (s *Server) Away(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = is
}

// Remember sets for how long a nonce is known.
func (s *Server) Remember(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.window = d
}

// Enable sets the privileged intents that are enabled in the portal.
func (s *Server) Enable(intents int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intents = intents
}

// Starts sets how many sessions may still be begun.
func (s *Server) Starts(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.starts = n
}

// HoldFiles has everybody who fetches a file wait until release is called.
func (s *Server) HoldFiles() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(chan struct{})
	s.held = held
	return sync.OnceFunc(func() { close(held) })
}

// Arrived gets one value for each request that met Silent.
func (s *Server) Arrived() <-chan struct{} { return s.arrived }

// Requests counts those that act, of which a byte arrived.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun
}

// Refused counts the answers of 429, and those of them that a header of an
// earlier answer, or the limit on all, had announced.
func (s *Server) Refused() (all, announced int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused, s.unheeded
}

// Effects is what users have seen by now, oldest first.
func (s *Server) Effects() []Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Effect(nil), s.effects...)
}

// Message is a message as it is now, and whether it is there.
func (s *Server) Message(channel, id string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.channels[channel]
	if p == nil || p.messages[id] == nil || p.messages[id].Deleted {
		return Message{}, false
	}
	return *p.messages[id], true
}

// Messages are those of a channel that are there, oldest first.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	if p := s.channels[channel]; p != nil {
		for _, id := range p.order {
			if m := p.messages[id]; !m.Deleted {
				out = append(out, *m)
			}
		}
	}
	return out
}

// Commands are the commands as they were registered, by the path.
func (s *Server) Commands() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	for path, text := range s.commands {
		out[path] = string(text)
	}
	return out
}

// Interaction is an interaction as it is now.
func (s *Server) Interaction(id string) Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.forms[id]
}

// newID makes an id that bears the time. The mutex is held.
func (s *Server) newID() string {
	id := (time.Now().UnixMilli() - 1420070400000) << 22
	s.lastID = max(s.lastID+1, id)
	return strconv.FormatInt(s.lastID, 10)
}

func (s *Server) saw(what, channel, message, text string) {
	s.effects = append(s.effects, Effect{what, channel, message, text, time.Now()})
}

// refusal is an answer that says no.
type refusal struct {
	status int
	code   int
	text   string
	errors any
	after  float64 // seconds
	scope  string
	html   bool
}

func no(status, code int, text string) *refusal {
	return &refusal{status: status, code: code, text: text}
}

// bad is a form that has a field at fault.
func bad(field, code, text string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: 50035, text: "Invalid Form Body", errors: map[string]any{
		field: map[string]any{"_errors": []any{map[string]any{"code": code, "message": text}}},
	}}
}
