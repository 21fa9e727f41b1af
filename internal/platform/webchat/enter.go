package webchat

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/respond"
)

// cookieName is the session's. The cookie has no Path, so a browser sends it
// to where it was set: the chat's own /-/, wherever a proxy puts that.
const cookieName = "postern-session"

func sessionCookie(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return c.Value
}

// serveSession gives a visitor a session, or renews the one it has.
func (h *hub) serveSession(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Token   string `json:"token"`
		Session string `json:"session"`
		Keep    bool   `json:"keep"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&asked); err != nil {
		writeError(w, http.StatusBadRequest, envelope.CodeInvalid, 0, `expected a JSON object such as {} or {"token": "…"}`)
		return
	}
	now := h.host.Now()
	if asked.Session == "" {
		asked.Session = sessionCookie(r)
	}
	visitor, ok := h.sessions.read(asked.Session, now)
	if !ok {
		if wait := h.newcomer(r); wait > 0 {
			writeError(w, http.StatusTooManyRequests, envelope.CodeRateLimited, wait, "too many sessions were asked for from this address")
			return
		}
		if !h.tokenRight(asked.Token) {
			writeError(w, http.StatusUnauthorized, envelope.CodeAuth, 0, "this chat needs a token: open it by a link that ends in #token=…")
			return
		}
		visitor = newVisitor()
	}
	session := h.sessions.issue(visitor, now)
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: session, MaxAge: int(sessionLasts / time.Second),
		HttpOnly: true, Secure: onHTTPS(r), SameSite: http.SameSiteLaxMode,
	})
	answer := struct {
		Visitor string `json:"visitor"`
		Session string `json:"session,omitempty"`
	}{Visitor: visitor}
	if asked.Keep {
		answer.Session = session
	}
	respond.JSON(w, http.StatusOK, answer)
}

// newcomer counts a new session of an address, and says how long to wait
// where that is one too many. A guess at the token is counted, too.
func (h *hub) newcomer(r *http.Request) time.Duration {
	h.mu.Lock()
	from := h.visitors.at(r.RemoteAddr)
	h.mu.Unlock()
	if from == nil {
		return 0
	}
	res := from.sessions.Reserve()
	wait := res.Delay()
	if wait > 0 {
		res.Cancel()
	}
	return wait
}

// tokenRight compares in constant time.
func (h *hub) tokenRight(token string) bool {
	if h.config.token == "" {
		return true
	}
	given, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(h.config.token))
	return subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

// serveSocket makes a socket of a request, and serves it until it ends.
func (h *hub) serveSocket(w http.ResponseWriter, r *http.Request) {
	from, status, why := h.admit(r)
	if status != 0 {
		writeError(w, status, envelope.CodeRateLimited, 10*time.Second, why)
		return
	}
	// The origin has been checked, with the same rule as everywhere else.
	// Pings and pongs never come to throttle, so they are slowed down here.
	control := rate.NewLimiter(frameRate, frameBurst)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true,
		OnPingReceived:     func(ctx context.Context, _ []byte) bool { return control.Wait(ctx) == nil },
		OnPongReceived:     func(ctx context.Context, _ []byte) { _ = control.Wait(ctx) }, // it ends with the socket
	})
	if err != nil {
		h.turnedBack(from)
		return // Accept has answered
	}
	s := h.newSocket(conn, sessionCookie(r), from)
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		h.turnedBack(from)
		_ = conn.CloseNow()
		return
	}
	h.entering--
	h.sockets[s] = true
	h.running.Add(1)
	h.running.Go(s.write)
	h.mu.Unlock()
	defer h.running.Done()
	s.serve()
}

// admit counts a socket in, on this node and at its address, if one more fits. A status other
// than 0 says that none does, and why.
func (h *hub) admit(r *http.Request) (from *address, status int, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.sockets)+h.entering >= h.config.sockets {
		return nil, http.StatusServiceUnavailable, "this node has all the sockets it may have; try again later"
	}
	from = h.visitors.at(r.RemoteAddr)
	if from != nil {
		if from.sockets >= h.config.perAddress {
			return nil, http.StatusTooManyRequests, "too many pages are open from this address; close some"
		}
		from.sockets++
	}
	h.entering++
	return from, 0, ""
}

// turnedBack takes a socket out of the count that was admitted and did not come
// to be.
func (h *hub) turnedBack(from *address) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entering--
	if from != nil {
		from.sockets--
	}
}

func writeError(w http.ResponseWriter, status int, code envelope.Code, retryAfter time.Duration, message string) {
	respond.Error(w, status, envelope.Error{Code: code, Message: message, RetryAfter: retryAfter.Seconds()})
}

func notAllowed(w http.ResponseWriter, allow string) {
	w.Header().Set("Allow", allow)
	writeError(w, http.StatusMethodNotAllowed, envelope.CodeInvalid, 0, "only "+allow+" goes here")
}
