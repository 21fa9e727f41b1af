package bus

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/redistest"
)

func examine(t *testing.T, url string) map[string]Finding {
	t.Helper()
	findings, err := openStream(t, url).bus.Examine(t.Context())
	if err != nil {
		t.Fatalf("Examine: %v", err)
	}
	out := map[string]Finding{}
	for _, f := range findings {
		if f.OK == (f.Cure != "") {
			t.Errorf("%+v: a cure is for what is not OK, and only that", f)
		}
		out[f.What] = f
	}
	return out
}

func TestExamine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		what string
		ok   bool
		says string
	}{
		"version":            {nil, "version", true, "Redis "},
		"nothing saved":      {nil, "persistence", false, "nothing is saved"},
		"snapshots":          {[]string{"--save", "3600 1"}, "persistence", false, "snapshots only"},
		"each second":        {[]string{"--appendonly", "yes"}, "persistence", true, "up to a second"},
		"always":             {[]string{"--appendonly", "yes", "--appendfsync", "always"}, "persistence", true, "nothing is lost"},
		"noeviction":         {[]string{"--maxmemory", "100mb"}, "eviction", true, "drains"},
		"evicts":             {[]string{"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"}, "eviction", false, "throws away"},
		"evicts at no limit": {[]string{"--maxmemory-policy", "allkeys-lru"}, "eviction", true, "without maxmemory"},
		"no replica":         {nil, "replicas", true, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := examine(t, redistest.Start(t, c.args...).URL())[c.what]
			if f.OK != c.ok || !strings.Contains(f.Says, c.says) || f.Refuses {
				t.Errorf("%+v; want OK %v and %q", f, c.ok, c.says)
			}
		})
	}
}

// TestExamineHosted: a Redis that does not tell its settings is a finding, not
// an error.
func TestExamineHosted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	if err := server.Client().Do(t.Context(), "ACL", "SETUSER", "app", "on", ">pw", "~*", "&*", "+@all", "-config").Err(); err != nil {
		t.Fatal(err)
	}
	found := examine(t, "redis://app:pw@"+server.Addr)
	for _, what := range []string{"persistence", "eviction"} {
		if f := found[what]; f.OK || !strings.Contains(f.Says, "does not tell") {
			t.Errorf("%+v; want it not told", f)
		}
	}
}

func TestExamineEmbedded(t *testing.T) {
	t.Parallel()
	if f := examine(t, EmbeddedURL)["persistence"]; f.OK || !strings.Contains(f.Says, "nothing survives") {
		t.Errorf("%+v", f)
	}
}

func TestExamineOldVersion(t *testing.T) {
	t.Parallel()
	for version, refuses := range map[string]bool{"6.2.14": true, "7.0.0": false, "10.1": false, "": true} {
		if f := (&Bus{}).version(version); f.Refuses != refuses || f.OK == refuses {
			t.Errorf("%q: %+v; want refused %v", version, f, refuses)
		}
	}
}
