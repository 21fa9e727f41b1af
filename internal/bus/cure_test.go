package bus

import (
	"errors"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/redistest"
)

// TestCure: what Redis really says, and what is said to be done about it.
func TestCure(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	if err := server.Client().Do(t.Context(), "ACL", "SETUSER", "few", "on", ">its-password", "~*", "+ping").Err(); err != nil {
		t.Fatal(err)
	}
	call := func(url string) error {
		_, err := openStream(t, url).EnsureGroup(t.Context())
		return err
	}
	wrong := call("redis://few:not-its-password@" + server.Addr)
	few := call("redis://few:its-password@" + server.Addr)
	server.Config("requirepass", "its-password")
	none := call(server.URL())
	server.Stop()
	gone := call(server.URL())
	for name, c := range map[string]struct {
		err error
		do  string
	}{
		"a wrong password": {wrong, "mend user name"}, "no password": {none, "redis.url_env"},
		"no permission": {few, "ACL SETUSER"}, "nobody there": {gone, "is Redis running"},
		"what nothing is known of": {errors.New("x"), ""},
	} {
		if do := Cure(c.err); !strings.HasPrefix(do, c.do) && !strings.Contains(do, c.do) || (c.do == "") != (do == "") {
			t.Errorf("%s, %v: %q; want %q", name, c.err, do, c.do)
		}
		if strings.Contains(c.err.Error(), "its-password") {
			t.Errorf("%s: the error bears the password: %v", name, c.err)
		}
	}
}
