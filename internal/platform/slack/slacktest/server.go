// Package slacktest is a Slack to test with: one workspace with one app in it, in
// memory, with the limits, refusals and faults of the real one, as far as an app
// can tell. That it is faithful, a client that nobody here wrote checks: see
// test/clients.
package slacktest

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/platform/platformtest"
)

// The app's secrets.
const (
	Token         = "xoxb-1234567890-slacktest-bot"
	AppToken      = "xapp-1-A0TEST-slacktest-app"
	SigningSecret = "8f742231b10e8888abcd99e4f5a6b7c8"
)

// Who the app is.
const (
	TeamID = "T0TEAM"
	AppID  = "A0TEST"
	BotID  = "B0BOT"
	BotUID = "U0BOT"
)

// Fault is what can be made to happen to a request.
type Fault string

// The faults.
const (
	Limited  Fault = "limited"  // 429, retry after 7 s
	Broken   Fault = "broken"   // 500
	Internal Fault = "internal" // internal_error, with 200
	Auth     Fault = "auth"     // invalid_auth
	Missing  Fault = "missing"  // channel_not_found
	Silent   Fault = "silent"   // taken, not acted on, not answered until the caller goes
	Lost     Fault = "lost"     // acted on, and the answer lost
)

// Server is Slack. It is safe for concurrent use.
type Server struct {
	platformtest.Changes // told of when a request was answered or a connection has gone on

	URL     string // of the Web API
	http    *httptest.Server
	arrived chan struct{}

	mu       sync.Mutex
	begun    int // requests that act, of which a byte was read
	limits   Limits
	asked    map[string][]time.Time // by what a limit counts
	refused  int                    // with 429
	fault    Fault
	faultFor string // the method it is for; "" for any that acts, or reads messages
	scopes   []string
	users    map[string]User
	channels map[string]*Channel
	order    []string // of channels
	lastTS   int64    // microseconds
	effects  []Effect
	files    map[string]*storedFile
	triggers map[string]time.Time // zero: used
	answers  map[string]int       // how often each response_url was used
	views    []json.RawMessage
	presence string
	serial   int

	sockets  sockets
	hookURL  string
	retry    []time.Duration
	pending  int // events that nobody acknowledged yet
	posts    sync.WaitGroup
	closed   chan struct{}
	closing  sync.Once
	echoes   bool
	pageSize int  // the most of a page; 0: as many as asked for
	unmarked bool // blocks of files messages get other ids
	shareLag int  // how often files.info does not say yet where a file is
	showLag  int  // how often a channel's past does not show files yet that were shared
	fetched  int
	held     chan struct{} // closed: files are given again; nil: they are
}

// User is somebody.
type User struct {
	ID, Name, RealName string
	IsBot              bool
}

// Channel is one conversation.
type Channel struct {
	ID, Name string
	Private  bool
	With     string // of a direct one: the user
	Archived bool
	Members  []string
	messages []*Message
}

// Effect is one thing that a user of the platform saw.
type Effect struct {
	Method  string
	Channel string
	Thread  string
	TS      string
	Text    string
	At      time.Time
}

// New starts a workspace with a channel, C0CREW, a direct conversation, D0ANN,
// with Ann, and a channel that the app is not in, C0OTHER; it runs until t ends.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		arrived: make(chan struct{}, 1), asked: map[string][]time.Time{}, users: map[string]User{}, channels: map[string]*Channel{},
		files: map[string]*storedFile{}, triggers: map[string]time.Time{}, answers: map[string]int{}, closed: make(chan struct{}),
		lastTS: 1_760_000_000_000_000, echoes: true, retry: []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond},
		scopes: strings.Split("chat:write,channels:history,groups:history,im:history,mpim:history,app_mentions:read,channels:read,groups:read,im:read,mpim:read,im:write,users:read,users:write,files:read,files:write,reactions:read,reactions:write,commands", ","),
	}
	s.AddUser(User{BotUID, "postern", "Postern", true})
	s.AddUser(User{"U0ANN", "ann.lee", "Ann Lee", false})
	s.AddUser(User{"U0BEN", "ben", "Ben", false})
	s.AddChannel(Channel{ID: "C0CREW", Name: "crew", Members: []string{BotUID, "U0ANN", "U0BEN"}})
	s.AddChannel(Channel{ID: "C0OTHER", Name: "other", Members: []string{"U0BEN"}})
	s.AddChannel(Channel{ID: "D0ANN", With: "U0ANN", Private: true, Members: []string{BotUID, "U0ANN"}})
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL + "/api"
	t.Cleanup(s.Stop)
	return s
}

// Stop closes the server: nobody listens any more.
func (s *Server) Stop() {
	s.closing.Do(func() {
		close(s.closed)
		s.cutAll()
		s.http.CloseClientConnections()
		s.http.Close()
		s.posts.Wait()
	})
}

// AddUser makes a user.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u.ID] = u
}

// AddChannel makes a conversation.
func (s *Server) AddChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[c.ID] = &c
	s.order = append(s.order, c.ID)
}

// Grant sets the scopes that the app has; without one, what needs it is refused.
func (s *Server) Grant(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = scopes
}

// Page makes every page of a conversation's past as short as that.
func (s *Server) Page(most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pageSize = most
}

// ShareLate has files.info not say so many times where a file was shared.
func (s *Server) ShareLate(times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shareLag = times
}

// ShowLate has the past not show so many times what files are shared in from now
// on.
func (s *Server) ShowLate(times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.showLag = times
}

// Unmark has the blocks of files messages get ids of Slack's own.
func (s *Server) Unmark() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unmarked = true
}

// Fail makes the next request that acts, or reads messages, meet a fault; with a
// method, the next one of that.
func (s *Server) Fail(f Fault, method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.faultFor = f, method
}

// Arrived gets one value for each request that met Silent, or HoldFiles.
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

// Views are the modals that were opened, in order.
func (s *Server) Views() []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]json.RawMessage(nil), s.views...)
}

// Presence is the bot's, as it was set.
func (s *Server) Presence() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.presence
}

// see notes what users see. The mutex is held.
func (s *Server) see(method, channel, thread, ts, text string) {
	s.effects = append(s.effects, Effect{method, channel, thread, ts, text, time.Now()})
}
