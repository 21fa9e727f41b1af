package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/platform"
)

// testKinds are two platforms, one of each type of field.
func testKinds() []platform.Kind {
	return []platform.Kind{
		{Name: "webhook", Fields: []platform.Field{
			{Name: "url", Type: platform.FieldString, Required: true},
			{Name: "secret", Type: platform.FieldSecret},
			{Name: "idempotent", Type: platform.FieldBool, Default: true},
			{Name: "timeout", Type: platform.FieldDuration, Default: 10 * time.Second},
			{Name: "retries", Type: platform.FieldInt, Default: 3},
			{Name: "origins", Type: platform.FieldList},
			{Name: "modes", Type: platform.FieldList, Default: []string{"a", "b"}},
		}, New: func(s platform.Settings) (platform.Adapter, error) {
			switch {
			case platform.Get[time.Duration](s, "timeout") <= 0:
				return nil, errors.New("timeout is too short")
			case platform.Get[string](s, "secret") == "short":
				return nil, errors.New("secret is too short")
			case platform.Get[string](s, "url") == "http://refused/":
				return nil, errors.New("refused as it is")
			}
			return nil, nil //nolint:nilnil // no test uses the adapter
		}},
		{Name: "console", New: func(platform.Settings) (platform.Adapter, error) { return nil, nil }}, //nolint:nilnil // as above
	}
}

func parseText(t *testing.T, text string, environ ...string) (*Config, []Warning, error) {
	t.Helper()
	return Parse("postern.yaml", []byte(text), environ, testKinds())
}

func mustParse(t *testing.T, text string, environ ...string) *Config {
	t.Helper()
	c, _, err := parseText(t, text, environ...)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return c
}

const full = `
node: { id: gw-1 }
redis: { url: "redis://127.0.0.1:6379/0" }
http: { listen: 127.0.0.1:8080, tokens: [{ name: ops, token_env: OPS_SECRET, scopes: [admin, publish, media, mcp, metrics] }] }
wire: { namespace: gate }
tools: { dir: tools }
delivery: { lease: 15s, autoclaim_interval: 30s, autoclaim_min_idle: 60s, dedupe_window: 24h, retry_for: 24h, drain_timeout: 30s, in_flight: 256, backlog_cap: 0 }
platforms:
  - { name: chat, kind: console, allow: { users: [12345678901234567890, ann] } }
  - { name: hook, kind: webhook, url: "http://127.0.0.1:9000/", secret_env: HOOK_SECRET, timeout: 3s, origins: [x, y] }
`

func TestEveryPartOfAConfigIsRead(t *testing.T) {
	t.Parallel()
	c, warnings, err := Parse("/etc/postern/postern.yaml", []byte(full),
		[]string{"OPS_SECRET=ops-word", "HOOK_SECRET=hook-word"}, testKinds())
	if err != nil || len(warnings) != 0 {
		t.Fatalf("Parse: %v, warnings %v", err, warnings)
	}
	if c.Node.ID != "gw-1" || c.HTTP.Tokens[0].Token.Reveal() != "ops-word" || len(c.HTTP.Tokens[0].Scopes) != 5 {
		t.Errorf("node or tokens: %+v", c)
	}
	if c.Tools.Dir != "/etc/postern/tools" {
		t.Errorf("tools.dir = %q, want it beside the file", c.Tools.Dir)
	}
	if names := c.Names(); names.Outbound("chat") != "gate:outbound:chat" || names.WorkerGroup != "gate:workers" {
		t.Errorf("names do not follow the namespace: %+v", names)
	}
	if got := c.Platforms[0].Allow.Users; len(got) != 2 || got[0] != "12345678901234567890" {
		t.Errorf("allow.users = %q: a number must keep its digits", got)
	}
	s := c.Platforms[1].Settings()
	if platform.Get[string](s, "secret") != "hook-word" || platform.Get[time.Duration](s, "timeout") != 3*time.Second ||
		!platform.Get[bool](s, "idempotent") || platform.Get[int](s, "retries") != 3 {
		t.Errorf("settings = %+v", s.Values)
	}
	origins, modes := platform.Get[[]string](s, "origins"), platform.Get[[]string](s, "modes")
	if strings.Join(origins, " ") != "x y" || strings.Join(modes, " ") != "a b" {
		t.Errorf("origins = %q, want what is given; modes = %q, want the default", origins, modes)
	}
}

func TestProblemsSayWhereWhatAndWhatInstead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want []string // the lines of the error
	}{
		"unknown key": {"delivery:\n  leese: 15s\n", []string{
			`postern.yaml:2:3: delivery.leese: unknown key, did you mean "lease"?`,
		}},
		"key of another group": {"lease: 15s\n", []string{
			`postern.yaml:1:1: lease: unknown key here; it belongs to delivery`,
		}},
		"several at once": {"nod: {}\ndelivery:\n  lease: soon\n  in_flight: many\n", []string{
			`postern.yaml:1:1: nod: unknown key, did you mean "node"?`,
			`postern.yaml:3:10: delivery.lease: expected a duration with its unit, such as 500ms, 15s, 24h, found a string: "soon"`,
			`postern.yaml:4:14: delivery.in_flight: expected a whole number, found a string: "many"`,
		}},
		"no unit": {"delivery: { lease: 15 }", []string{
			`postern.yaml:1:20: delivery.lease: expected a duration with its unit, such as 500ms, 15s, 24h, found a number: "15"`,
		}},
		"short lease": {"delivery: { lease: 900ms }", []string{
			`postern.yaml:1:20: delivery.lease: is 900ms, expected at least 1s`,
		}},
		"group expected": {"delivery: fast", []string{
			`postern.yaml:1:11: delivery: expected a group of keys, found a string`,
		}},
		"list expected": {"platforms: { name: x }", []string{
			`postern.yaml:1:14: platforms: expected a list, found a group of keys`,
		}},
		"unquoted switch": {"node: { id: true }", []string{
			`postern.yaml:1:13: node.id: expected a string (put it in quotes), found true or false: "true"`,
		}},
		"braces": {"wire: { namespace: '{x}' }", []string{
			`postern.yaml:1:20: wire.namespace: is "{x}": { and } are kept for Cluster hash tags, choose a name without them`,
		}},
		"reserved ending": {"wire: { inbound_stream: 'in:1' }", []string{
			`postern.yaml:1:25: wire.inbound_stream: is "in:1": names that end in :<number> are reserved, choose another ending`,
		}},
		"unguarded": {"http: { listen: ':8080' }", []string{
			`postern.yaml:1:17: http.listen: ":8080" can be reached from other machines, and nothing guards it: add http.tokens, or listen on 127.0.0.1`,
		}},
		"no port": {"http: { listen: localhost }", []string{
			`postern.yaml:1:17: http.listen: is "localhost", expected host:port such as 127.0.0.1:8080`,
		}},
		"unknown kind": {"platforms: [{ name: a, kind: webhok, url: x }]", []string{
			`postern.yaml:1:30: platforms[0].kind: "webhok" is not a kind of platform in this binary, which has console, webhook, did you mean "webhook"?`,
		}},
		"no kind": {"platforms: [{ name: a, url: x }]", []string{
			`postern.yaml:1:15: platforms[0].kind: is missing: write one of console, webhook`,
		}},
		"a kind's key": {"platforms:\n  - { name: a, kind: webhook, ulr: x }", []string{
			`postern.yaml:2:31: platforms[0].ulr: unknown key, did you mean "url"?`,
			`postern.yaml:2:7: platforms[0].url: is missing: `,
		}},
		"platform name": {"platforms: [{ name: A b, kind: console }]", []string{
			`postern.yaml:1:21: platforms[0].name: platform name "A b": expected a lower-case letter or digit, then at most 62 of a-z, 0-9, _ and -`,
		}},
		"same name twice": {"platforms:\n  - { name: a, kind: console }\n  - { name: a, kind: console }\n", []string{
			`postern.yaml:3:13: platforms[1].name: "a" is already the name of another platform`,
		}},
		"bad word": {"platforms: [{ name: a, kind: console, groups: mentions }]", []string{
			`postern.yaml:1:47: platforms[0].groups: is "mentions", expected mention, all, none, did you mean "mention"?`,
		}},
		"bad scope": {"http: { tokens: [{ name: a, token_file: x, scopes: [root] }] }", []string{
			`postern.yaml:1:41: http.tokens[0].token_file: the secret cannot be read: open x: no such file or directory`,
			`postern.yaml:1:52: http.tokens[0].scopes: is "root", expected admin, publish, media, mcp, metrics`,
		}},
		"redis scheme": {"redis: { url: http://127.0.0.1 }", []string{
			`postern.yaml:1:15: redis.url: expected redis://host:port/db, rediss://…, or embedded`,
		}},
		"redis option": {"redis: { url: 'redis://127.0.0.1/0?pol_size=3' }", []string{
			`postern.yaml:1:15: redis.url: unexpected option: pol_size`,
		}},
		"cluster database": {"redis: { url: 'redis://a:1/2?addr=b:1' }", []string{
			`postern.yaml:1:15: redis.url: names a database: a Cluster (?addr=) has only 0`,
		}},
		"twice": {"redis: { url: embedded, url_env: X }", []string{
			`postern.yaml:1:25: redis.url_env: is given twice: write one of url, url_env, url_file`,
		}},
		"not yaml":  {"node: [", []string{`postern.yaml:1:7: is not YAML here: `}},
		"anchor":    {"node: &x { id: a }", []string{`postern.yaml:1:7: anchors (&) and aliases (*) are not read here: write the value out, or put it in quotes`}},
		"two files": {"node: { id: a }\n---\nnode: { id: b }\n", []string{`postern.yaml:3:5: a second document: the config is one document, without ---`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Parse("postern.yaml", []byte(tt.text), nil, testKinds())
			if err == nil {
				t.Fatal("no error")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tt.want) {
				t.Fatalf("got %d problems, want %d:\n%v", len(lines), len(tt.want), err)
			}
			for i, want := range tt.want {
				if open := strings.HasSuffix(want, ": "); lines[i] != want && (!open || !strings.HasPrefix(lines[i], want)) {
					t.Errorf("problem %d\n got %s\nwant %s", i, lines[i], want)
				}
			}
		})
	}
}

func TestRedisAddressesOfEveryForm(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"embedded", "redis://127.0.0.1:6379/0", "rediss://user:pass@redis.example:6380/2",
		"redis://s1:26379/1?master_name=main&addr=s2:26379", "redis://c1:6379?addr=c1:6379",
	} {
		if c := mustParse(t, "redis: { url: '"+url+"' }"); c.Redis.URL.Reveal() != url {
			t.Errorf("redis.url = %q, want %q", c.Redis.URL.Reveal(), url)
		}
	}
}

func TestMissingFileSaysWhatToRun(t *testing.T) {
	t.Parallel()
	_, _, err := Load(filepath.Join(t.TempDir(), "postern.yaml"), nil, nil)
	if err == nil || !strings.Contains(err.Error(), `"postern init"`) {
		t.Errorf("error = %v, want it to name postern init", err)
	}
}

const password = "hunter-two-42"

// show prints a value in every way that a log or a dump might.
func show(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("marshal: %v", err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "value", v)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("config", "value", v)
	return fmt.Sprintf("%v %+v %#v %s %q", v, v, v, v, v) + string(data) + log.String()
}

func TestConfigPrintsWithoutSecrets(t *testing.T) {
	t.Parallel()
	c := mustParse(t, full, "OPS_SECRET="+password, "HOOK_SECRET="+password, "POSTERN_REDIS_URL=redis://:"+password+"@127.0.0.1:6379/0")
	if c.Platforms[1].Values["secret"].(Secret).Reveal() != password || !strings.Contains(c.Redis.URL.Reveal(), password) {
		t.Fatal("the secrets were not read")
	}
	for _, v := range []any{c, *c, c.Platforms, c.Redis, c.Redis.URL, c.HTTP.Tokens} {
		if shown := show(t, v); strings.Contains(shown, password) {
			t.Errorf("%T shows a secret: %s", v, shown)
		}
	}
}

func TestErrorsDoNotShowSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"inline":        "http: { tokens: [{ name: a, token: " + password + ", scopes: [admin] }] }",
		"as a variable": "platforms: [{ name: a, kind: webhook, url: x, secret_env: " + password + " }]",
		"redis":         "redis: { url: 'redis://:" + password + "/x@127.0.0.1:6379' }",
		"redis scheme":  "redis: { url: 'http://:" + password + "@127.0.0.1:6379' }",
		"redis slash":   "redis: { url: 'redis://u:12/" + password + "@127.0.0.1:6379' }",
		"redis query":   "redis: { url: 'redis://u:12?" + password + "@127.0.0.1:6379' }",
		"redis option":  "redis: { url: 'redis://u:12?" + password + "=x@127.0.0.1:6379' }",
		"redis hash":    "redis: { url: 'redis://u:12#" + password + "@127.0.0.1:6379' }",
		"redis percent": "redis: { url: 'redis://127.0.0.1:6379?x=%zz" + password + "' }",
		"as a list":     "redis: { url: [" + password + "] }",
		"not yaml":      "redis: { url: '" + password + "' }}\n  x: [",
	} {
		_, warnings, err := Parse(filepath.Join(dir, "postern.yaml"), []byte(text), nil, testKinds())
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(fmt.Sprint(err, warnings), password) {
			t.Errorf("%s: the error shows the secret: %v", name, err)
		}
	}
	_, _, err := parseText(t, "http: { tokens: [{ name: a, token: x, scopes: [admin] }] }")
	if err == nil || !strings.Contains(err.Error(), "token_env") {
		t.Errorf("error = %v, want it to say token_env", err)
	}
}

func TestSecretsComeFromVariablesAndFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("word\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := []byte("platforms: [{ name: a, kind: webhook, url: x, secret_file: token }]")
	c, _, err := Parse(filepath.Join(dir, "postern.yaml"), text, nil, testKinds())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Platforms[0].Values["secret"].(Secret).Reveal(); got != "word" {
		t.Errorf("secret = %q, want it without the line's end", got)
	}
	missing := "platforms: [{ name: a, kind: webhook, url: x, secret_env: HOOK_SECRET }]"
	if _, _, err := parseText(t, missing); err == nil || !strings.Contains(err.Error(), "HOOK_SECRET is not set") {
		t.Errorf("error = %v, want it to name the variable", err)
	}
	path := filepath.Join(dir, "postern.yaml")
	if err := os.WriteFile(path, []byte(missing), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadWithoutSecrets(path, nil, testKinds()); err != nil {
		t.Errorf("LoadWithoutSecrets: %v", err)
	}
}
