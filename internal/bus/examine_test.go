package bus

import (
	"slices"
	"strings"
	"testing"
	"time"

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
		"no limit":           {nil, "memory", false, "no maxmemory"},
		"room":               {[]string{"--maxmemory", "100mb"}, "memory", true, "of 100 MiB"},
		"full":               {[]string{"--maxmemory", "1mb"}, "memory", false, "soon Redis refuses"},
		"no sync":            {[]string{"--appendonly", "yes", "--appendfsync", "no"}, "persistence", false, "half a minute"},
		"replicas needed":    {[]string{"--min-replicas-to-write", "1"}, "replicas", false, "NOREPLICAS"},
		"clock":              {nil, "clock", true, "agree"},
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
	if f := found["persistence"]; f.OK || !strings.Contains(f.Says, "does not tell") {
		t.Errorf("%+v; want it not told", f)
	}
	if f := found["eviction"]; !f.OK || !strings.Contains(f.Says, "noeviction") {
		t.Errorf("%+v; INFO tells it", f)
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
	for v, refuses := range map[string]bool{"6.2.14": true, "7.0.0": false, "10.1": false, "": true} {
		if f := version(facts{info: map[string]string{"redis_version": v}}); f.Refuses != refuses || f.OK == refuses {
			t.Errorf("%q: %+v; want refused %v", v, f, refuses)
		}
	}
}

// TestExamineFacts: what a real Redis says only when something has happened.
func TestExamineFacts(t *testing.T) {
	t.Parallel()
	for says, f := range map[string]Finding{
		"could not write": persistence(facts{info: map[string]string{"aof_enabled": "1", "aof_last_write_status": "err"}}),
		"how often":       persistence(facts{info: map[string]string{"aof_enabled": "1"}}),
		"itself a repl":   replicas(facts{info: map[string]string{"role": "slave"}}),
		"waits for none":  replicas(facts{info: map[string]string{"role": "master", "connected_slaves": "2"}}),
		"milliseconds":    replicas(facts{info: map[string]string{"role": "master", "connected_slaves": "2", "min_slaves_good_slaves": "2"}}),
		"does not tell":   eviction(facts{}),
		"7s ahead":        skew(7*time.Second, time.Millisecond),
		"7s behind":       skew(-7*time.Second, time.Millisecond),
		"agree":           skew(3*time.Second, 4*time.Second),
	} {
		if !strings.Contains(f.Says, says) || f.OK == (f.Cure != "") {
			t.Errorf("%+v; want %q, and a cure unless it is OK", f, says)
		}
	}
}

// TestExamineCluster: one master of three is in the words of all, and a slot
// that nobody serves is said.
func TestExamineCluster(t *testing.T) {
	t.Parallel()
	c := redistest.StartReplicatedCluster(t)
	if f := examine(t, c.URL())["cluster"]; !f.OK || !strings.Contains(f.Says, "3 masters with replicas") {
		t.Errorf("%+v", f)
	}
	c.Masters()[0].Config("appendonly", "yes")
	found, err := openStream(t, c.URL()).bus.Examine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, f := range found {
		if f.What == "persistence" {
			said = append(said, f.Says[strings.LastIndex(f.Says, "("):])
		}
	}
	slices.Sort(said)
	equal(t, "persistence", said, []string{"(1 of 3 masters)", "(2 of 3 masters)"})
	c.Nodes[5].Stop()
	until(t, "the master notices", func() bool {
		return strings.Contains(examine(t, c.URL())["cluster"].Says, "1 of 3 masters have no replica")
	})
}

// TestExamineSentinel: whether the Sentinels can agree, asked with their own
// password, which is in no error.
func TestExamineSentinel(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinel(t)
	if f := examine(t, s.URL())["sentinel"]; !f.OK || !strings.Contains(f.Says, "3 usable Sentinels") {
		t.Errorf("%+v", f)
	}
	watcher := redistest.StartWatcher(t, "postern", s.Master(), "its-password")
	url := "redis://" + watcher.Addr + "/0?master_name=postern"
	if f := examine(t, url+"&sentinel_password=its-password")["sentinel"]; f.OK || !strings.Contains(f.Says, "cannot fail over") || strings.Contains(f.Says, "its-password") {
		t.Errorf("%+v", f)
	}
	err := openStream(t, url+"&sentinel_password=not-its-password").bus.Ping(t.Context())
	if err == nil || strings.Contains(err.Error(), "password=") || strings.Contains(err.Error(), "not-its-password") {
		t.Errorf("with a wrong password: %v", err)
	}
}
