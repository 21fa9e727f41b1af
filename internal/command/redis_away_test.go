package command

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/redistest"
)

// An address that is nearly right: what is wrong with it is said.
func TestNearlyTheRightRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, tt := range map[string]struct{ url, says string }{
		"a database too many":     {"redis://" + server.Addr + "/99", "redis refuses: "},
		"and what to do":          {"redis://" + server.Addr + "/99", "the number at the end of redis.url"},
		"TLS where there is none": {"rediss://" + server.Addr + "/0", "does that port speak TLS?"},
		"no Sentinel":             {"redis://" + server.Addr + "/0?master_name=main", "a Redis and no Sentinel"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t, nil)
			s.environ = []string{"POSTERN_REDIS_URL=" + tt.url}
			if r := s.run("status"); r.code != ExitFailed || !strings.Contains(r.err, tt.says) {
				t.Errorf("exit %d, want %q:\n%s", r.code, tt.says, r.err)
			}
		})
	}
}

// Nobody serves it: a wait for the receipt says so.
func TestSendSaysWhyItWaits(t *testing.T) {
	t.Parallel()
	s := newShell(t, redistest.Start(t))
	s.must("pause", "chat")
	r := s.run("send", "-p", "chat", "--channel", "c", "--text", "hi", "--wait=1s")
	if r.code != ExitFailed || !strings.Contains(r.err, "chat is: no active node, paused") {
		t.Errorf("exit %d:\n%s", r.code, r.err)
	}
}

func TestPausePrintsJSON(t *testing.T) {
	t.Parallel()
	s := newShell(t, redistest.Start(t))
	for command, want := range map[string]string{"pause": `{"paused":true,"platform":"chat"}`, "resume": `{"paused":false,"platform":"chat"}`} {
		if got := strings.TrimSpace(s.must(command, "chat", "--json")); got != want {
			t.Errorf("%s: %s", command, got)
		}
	}
}
