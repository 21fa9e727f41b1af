package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/telegram/telegramtest"
	"github.com/posternhq/postern/internal/redistest"
)

func TestExitStatusTellsUsageFromFailure(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"help":             {[]string{"--help"}, ExitDone, "Commands:"},
		"help as a word":   {[]string{"help"}, ExitDone, "Commands:"},
		"help on one":      {[]string{"help", "send"}, ExitDone, "--wait"},
		"version":          {[]string{"--version"}, ExitDone, "\n"},
		"nothing":          {nil, ExitUsage, "--help"},
		"unknown command":  {[]string{"sned"}, ExitUsage, "send"},
		"unknown flag":     {[]string{"status", "--jsn"}, ExitUsage, "--json"},
		"redis is gone":    {[]string{"status"}, ExitFailed, "redis does not answer"},
		"unknown platform": {[]string{"init", "chat"}, ExitUsage, "unexpected argument"},
		"bad duration":     {[]string{"send", "--wait=soon"}, ExitUsage, "10s"},
		"no record named":  {[]string{"dead", "drop", "chat"}, ExitUsage, "--all"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newShell(t, nil).run(tt.args...)
			if r.code != tt.code || !strings.Contains(r.out+r.err, tt.says) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", r.code, tt.code, tt.says, r.out, r.err)
			}
		})
	}
}

func TestConfigErrorsAreUsage(t *testing.T) {
	t.Parallel()
	s := newShell(t, nil)
	s.write("delivery: { leese: 15s }\nnode: { id: 1, x: 2 }\n")
	r := s.run("status")
	if r.code != ExitUsage || strings.Count(r.err, "\n") != 2 || !strings.Contains(r.err, ":1:13: delivery.leese") {
		t.Errorf("exit %d:\n%s", r.code, r.err)
	}
	s.config += ".gone"
	if r := s.run("status"); r.code != ExitUsage || !strings.Contains(r.err, `"postern init"`) {
		t.Errorf("exit %d:\n%s", r.code, r.err)
	}
	s.write("redis: { url: embedded }")
	if r := s.run("status"); r.code != ExitUsage || !strings.Contains(r.err, "POSTERN_REDIS_URL") {
		t.Errorf("exit %d:\n%s", r.code, r.err)
	}
}

func TestPasswordOfRedisIsNotShown(t *testing.T) {
	t.Parallel()
	s := newShell(t, nil)
	s.environ = []string{"POSTERN_REDIS_URL=redis://:hunter-two-42@127.0.0.1:1/0", "HOOK_SECRET=hunter-two-42"}
	for _, command := range []string{"status", "check"} {
		if r := s.run(command); r.code != ExitFailed || strings.Contains(r.out+r.err, "hunter-two-42") {
			t.Errorf("%s: exit %d:\n%s%s", command, r.code, r.out, r.err)
		}
	}
}

func TestInitWritesAConfigThatPassesCheck(t *testing.T) {
	t.Parallel()
	s := newShell(t, redistest.Start(t))
	if r := s.run("init"); r.code != ExitFailed || !strings.Contains(r.err, "--force") {
		t.Errorf("init over a file: exit %d: %s", r.code, r.err)
	}
	if kept, err := os.ReadFile(s.config); err != nil || string(kept) != twoPlatforms {
		t.Errorf("init changed the file that was there: %v", err)
	}
	s.must("init", "--force")
	out := s.must("check")
	for _, about := range []string{"config", "redis version", "redis persistence", "redis eviction", "redis replicas", "platform chat", "tools"} {
		if !strings.Contains(out, " "+about+": ") {
			t.Errorf("check says nothing of %s:\n%s", about, out)
		}
	}
}

func TestCheckSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	s := newShell(t, server)
	r := s.run("check", "--json")
	if r.code != ExitUsage || r.err != "" || !strings.Contains(r.out, "HOOK_SECRET is not set") {
		t.Errorf("a secret is missing: exit %d:\n%s", r.code, r.out)
	}
	s.environ = append(s.environ, "HOOK_SECRET=word")
	r = s.run("check", "--json")
	verdicts := map[string]finding{}
	for line := range strings.Lines(r.out) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		verdicts[f.About] = f
	}
	if r.code != ExitFailed || verdicts["redis eviction"].Verdict != wrong || verdicts["redis eviction"].Do == "" {
		t.Errorf("exit %d, eviction %+v", r.code, verdicts["redis eviction"])
	}
	if verdicts["redis persistence"].Verdict != doubtful || verdicts["platform hook"].Verdict != right {
		t.Errorf("persistence %+v, hook %+v", verdicts["redis persistence"], verdicts["platform hook"])
	}
}

func TestCheckReadsWhatTheConfigNames(t *testing.T) {
	t.Parallel()
	s := newShell(t, redistest.Start(t))
	dir := filepath.Join(filepath.Dir(s.config), "tools")
	const hook = "platforms: [{ name: hook, kind: webhook, url: 'http://127.0.0.1:9/' }]\n"
	s.write(hook)
	if out := s.must("check"); !strings.Contains(out, "ok   tools: none") || !strings.Contains(out, "warn platform hook: goes without a secret") {
		t.Errorf("no tools, no secret:\n%s", out)
	}
	s.write(hook + "tools: { dir: tools }\n")
	if out := s.must("check"); !strings.Contains(out, "warn tools: none loads") {
		t.Errorf("tools.dir names what is not there:\n%s", out)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for manifest, says := range map[string]string{
		`{"alow": ["mine.py"]}`:  `did you mean "allow"?`,
		`["mine.py"]`:            "no object",
		`{"allow": ["mine.py"]}`: `bad  tools: "mine.py" is not there`,
	} {
		if err := os.WriteFile(filepath.Join(dir, "_manifest.json"), []byte(manifest), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := s.run("check"); r.code != ExitFailed || !strings.Contains(r.out, says) {
			t.Errorf("%s: exit %d:\n%s", manifest, r.code, r.out)
		}
	}
}

func TestEveryCodeHasACure(t *testing.T) {
	t.Parallel()
	unknown := cure("a code of another version")
	seen := map[string]envelope.Code{}
	for _, code := range []envelope.Code{
		envelope.CodeUndecodable, envelope.CodeInvalid, envelope.CodeUnsupported, envelope.CodeNotFound, envelope.CodeForbidden,
		envelope.CodeAuth, envelope.CodeTooLarge, envelope.CodeRateLimited, envelope.CodeTransient, envelope.CodeUnavailable,
		envelope.CodeUnknown, envelope.CodeConflict, envelope.CodeExpired, envelope.CodeTargetFailed, envelope.CodePoison,
		envelope.CodeTimeout, envelope.CodeToolError, envelope.CodeCatalogStale, envelope.CodeInterrupted,
		envelope.CodeUnknownMethod, envelope.CodeInternal,
	} {
		c := cure(code)
		if other, twice := seen[c]; twice || c == unknown {
			t.Errorf("%s has no cure of its own (%s)", code, other)
		}
		seen[c] = code
	}
}

// TestCheckAsksThePlatform: what a platform says of its bot is in the check.
func TestCheckAsksThePlatform(t *testing.T) {
	t.Parallel()
	api := telegramtest.New(t)
	s := newShell(t, redistest.Start(t))
	config := "platforms: [{ name: tg, kind: telegram, api_url: '" + api.URL + "', token_env: TG_TOKEN }]\n"
	s.write(config)
	s.environ = append(s.environ, "TG_TOKEN="+telegramtest.Token)
	const meant = "only what is meant for it is taken in; set groups: all"
	if out := s.must("check"); !strings.Contains(out, "ok   platform tg: the token is @postern_bot's") || !strings.Contains(out, meant) {
		t.Errorf("a good token:\n%s", out)
	}
	s.environ = append(s.environ, "POSTERN_PLATFORMS__0__GROUPS=all")
	if out := s.must("check"); strings.Contains(out, meant) {
		t.Errorf("groups is all:\n%s", out)
	}
	s.environ = s.environ[:len(s.environ)-1]
	// It polls, so the secret of its webhook is wanted by nobody.
	if out := s.must("check"); strings.Contains(out, "warn platform tg") {
		t.Errorf("a good platform is warned of:\n%s", out)
	}
	s.environ = append(s.environ[:len(s.environ)-1], "TG_TOKEN=1:wrong")
	if r := s.run("check"); r.code != ExitFailed || !strings.Contains(r.out, "bad  platform tg: Telegram answered 401: Unauthorized; copy the token") {
		t.Errorf("a wrong one: exit %d:\n%s", r.code, r.out)
	}
}
