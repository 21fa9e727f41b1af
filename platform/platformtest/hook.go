package platformtest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/posternhq/postern/platform"
)

// hookRefusesStrangers posts what nobody has signed, from another machine as
// far as the adapter can tell, before and after it is open.
func hookRefusesStrangers(t testing.TB, f Fixture) {
	a, _ := f.Start(t)
	h, ok := a.(platform.HookHandler)
	if !ok {
		return
	}
	post := func(when string) {
		for _, body := range []string{"", "{", "null", `{"event":"message","channel_id":"c","user_id":"u","event_id":"e","content":"x"}`} {
			r := httptest.NewRequest(http.MethodPost, "/hooks/conformance", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHook(w, r)
			if w.Code < 400 {
				t.Errorf("%s, a stranger's %q was answered %d", when, body, w.Code)
			}
		}
	}
	post("before Open")
	host := open(t, a)
	post("when open")
	if events := host.Events(); len(events) > 0 {
		t.Errorf("a stranger published %+v", events)
	}
}
