package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/internal/gatedhttp"
)

// The operations of the gateway
// (docs.discord.com/developers/topics/opcodes-and-status-codes#gateway).
const (
	opDispatch  = 0
	opHeartbeat = 1
	opIdentify  = 2
	opPresence  = 3
	opResume    = 6
	opReconnect = 7
	opInvalid   = 9
	opHello     = 10
	opAck       = 11
)

// leave is the code that a connection is closed with. Anything but 1000 and
// 1001 keeps the session, so that somebody may resume it
// (docs.discord.com/developers/events/gateway#resuming).
const leave = websocket.StatusCode(4900)

const (
	maxFrame    = 64 << 20 // bytes; a large server's description
	helloWithin = 20 * time.Second
	writeWithin = 10 * time.Second
)

// cursor is where a session can be resumed: after the last event that was
// recorded.
type cursor struct {
	Bot     string `json:"b"`
	Session string `json:"s"`
	Seq     int64  `json:"q"`
	URL     string `json:"u"`
}

func (c cursor) String() string {
	text, _ := json.Marshal(c)
	return string(text)
}

// Why a session's connection ended, where it matters what follows.
var (
	errNoHello   = errors.New("the gateway could not be reached")
	errReconnect = errors.New("the gateway asked for a new connection")
	errInvalid   = errors.New("the gateway does not know the session any more")
	errZombie    = errors.New("the gateway did not answer a heartbeat")
	errBehind    = errors.New("events come faster than they can be recorded") // they are sent again
)

// session is one connection to the gateway.
type session struct {
	conn     *websocket.Conn
	recorded func() int64 // the number of the last event that is recorded, 0 for none
	acked    atomic.Bool  // the last heartbeat was answered
	writing  sync.Mutex
	interval time.Duration
}

// dial connects to the gateway and waits for its hello; without one, it is
// errNoHello.
func dial(ctx context.Context, address string, client *http.Client, recorded func() int64) (*session, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%w: its address cannot be used", errNoHello)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = url.Values{"v": {"10"}, "encoding": {"json"}}.Encode()
	limited, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	conn, _, err := websocket.Dial(gatedhttp.NewGate(nil).On(limited), u.String(), &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoHello, err)
	}
	conn.SetReadLimit(maxFrame)
	s := &session{conn: conn, recorded: recorded}
	s.acked.Store(true)
	hello, err := s.read(limited)
	var said struct {
		Interval float64 `json:"heartbeat_interval"` // ms
	}
	if err == nil && (hello.Op != opHello || json.Unmarshal(hello.Data, &said) != nil || said.Interval < 1) {
		err = fmt.Errorf("the gateway began with op %d and not with hello", hello.Op)
	}
	if err != nil {
		s.end()
		return nil, fmt.Errorf("%w: %w", errNoHello, err)
	}
	s.interval = time.Duration(said.Interval * float64(time.Millisecond))
	return s, nil
}

// end closes the connection and leaves the session to be resumed.
func (s *session) end() {
	_ = s.conn.Close(leave, "")
	_ = s.conn.CloseNow()
}

func (s *session) read(ctx context.Context) (frame, error) {
	var f frame
	_, text, err := s.conn.Read(ctx)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("the gateway sent something that is no frame: %w", err)
	}
	return f, nil
}

func (s *session) write(ctx context.Context, op int, data any) error {
	text, err := json.Marshal(map[string]any{"op": op, "d": data})
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.conn.Write(limited, websocket.MessageText, text)
}

func (s *session) identify(ctx context.Context, token string, intents int, presence fields) error {
	data := fields{
		"token": token, "intents": intents, "compress": false, "large_threshold": 50,
		"properties": fields{"os": runtime.GOOS, "browser": "postern", "device": "postern"},
	}
	if presence != nil {
		data["presence"] = presence
	}
	return s.write(ctx, opIdentify, data)
}

func (s *session) resume(ctx context.Context, token string, from cursor) error {
	return s.write(ctx, opResume, fields{"token": token, "session_id": from.Session, "seq": from.Seq})
}

// heartbeat sends one at each interval, the first after a part of it, until ctx
// ends. Its error is why the connection is of no more use.
func (s *session) heartbeat(ctx context.Context) error {
	timer := time.NewTimer(time.Duration(rand.Float64() * float64(s.interval))) //nolint:gosec // jitter
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil
		}
		if !s.acked.Swap(false) {
			return errZombie
		}
		if err := s.beat(ctx); err != nil {
			return err
		}
		timer.Reset(s.interval)
	}
}

// beat sends one heartbeat. It bears what is recorded, and not what was received:
// what is behind it may have to be told again.
func (s *session) beat(ctx context.Context) error {
	var last any
	if n := s.recorded(); n > 0 {
		last = n
	}
	return s.write(ctx, opHeartbeat, last)
}

// receive hands on what comes, until the connection ends. hand returns false
// when it can take no more.
func (s *session) receive(ctx context.Context, hand func(frame) bool) error {
	for {
		f, err := s.read(ctx)
		if err != nil {
			return err
		}
		switch f.Op {
		case opDispatch:
			if !hand(f) {
				return errBehind
			}
		case opHeartbeat:
			if err := s.beat(ctx); err != nil {
				return err
			}
		case opAck:
			s.acked.Store(true)
		case opReconnect:
			return errReconnect
		case opInvalid:
			var resumable bool
			if json.Unmarshal(f.Data, &resumable) == nil && resumable {
				return errReconnect
			}
			return errInvalid
		}
	}
}
