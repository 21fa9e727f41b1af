package webchat

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/platform/platformtest"
)

// TestUploadDeadlines: a file has its own time to come and to go, whatever the
// server gives a request.
func TestUploadDeadlines(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil)
	p := n.enter("lobby", "Ann")
	_, up := p.upload(n, "a.txt", "text/plain", []byte("hello"))
	link, _ := up["url"].(string)
	for what, c := range map[string]struct {
		r           *http.Request
		read, write bool
	}{
		"upload":   {httptest.NewRequest(http.MethodPost, "/chat/chat/-/files?name=b.txt", strings.NewReader("hello")), true, true},
		"download": {httptest.NewRequest(http.MethodGet, "/chat/chat/"+link, nil), false, true},
	} {
		c.r.Header.Set("X-Postern-Session", p.session)
		w := &timed{ResponseRecorder: httptest.NewRecorder()}
		n.adapter.ServePage(w, c.r)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
		least := time.Now().Add(uploadWithin - time.Minute)
		if w.read.After(least) != c.read || w.write.After(least) != c.write {
			t.Errorf("%s: to be read by %v, written by %v", what, w.read, w.write)
		}
		if c.r.Method == http.MethodGet && w.Header().Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%s: another site may load it: %v", what, w.Header())
		}
	}
}

// timed remembers which deadlines it was given.
type timed struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (t *timed) SetReadDeadline(at time.Time) error {
	t.read = at
	return nil
}

func (t *timed) SetWriteDeadline(at time.Time) error {
	t.write = at
	return nil
}
