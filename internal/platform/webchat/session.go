package webchat

import (
	"crypto/rand"
	"strconv"
	"strings"
	"time"
)

// sessionLasts is how long a session lasts after the visit that renewed it;
// sessionSkew, how far the clocks of two nodes may be apart.
const (
	sessionLasts = 30 * 24 * time.Hour
	sessionSkew  = time.Hour
)

// visitorLen is the length of a visitor's id: 16 bytes in base32.
const visitorLen = 26

// newVisitor makes an id that nobody can guess.
func newVisitor() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the process instead
	return strings.ToLower(letters.EncodeToString(b[:]))
}

func validVisitor(id string) bool {
	return len(id) == visitorLen && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// sessions issues and reads sessions: the visitor's id and when it was issued,
// signed. The key depends on the token, so a new token ends the sessions that
// were given for the old one.
type sessions struct{ key key }

func (s sessions) issue(visitor string, now time.Time) string {
	return s.key.sign(visitor + "-" + strconv.FormatInt(now.Unix(), 36))
}

// read returns whose session it is.
func (s sessions) read(session string, now time.Time) (visitor string, ok bool) {
	if len(session) > 256 {
		return "", false
	}
	text, ok := s.key.open(session)
	if !ok {
		return "", false
	}
	visitor, at, _ := strings.Cut(text, "-")
	issued, err := strconv.ParseInt(at, 36, 64)
	age := now.Sub(time.Unix(issued, 0))
	if err != nil || !validVisitor(visitor) || age > sessionLasts || age < -sessionSkew {
		return "", false
	}
	return visitor, true
}
