package config

import (
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/platform"
)

func TestVariablesGoOverTheFile(t *testing.T) {
	t.Parallel()
	text := `
delivery: { lease: 15s }
redis: { url: "redis://127.0.0.1:6379/0" }
platforms:
  - { name: hook, kind: webhook, url: "http://old/", secret_file: gone }
`
	c := mustParse(t, text,
		"POSTERN_DELIVERY_LEASE=3s",
		"POSTERN_DELIVERY_IN_FLIGHT=12",
		"POSTERN_WIRE_OUTBOUND_STREAM_PREFIX=other:out",
		"POSTERN_WIRE_REPLY_PREFIXES__0=mine:",
		"POSTERN_REDIS_URL_ENV=REDIS", "REDIS=redis://10.0.0.1:6379/1",
		"POSTERN_PLATFORMS__0__URL=http://new/",
		"POSTERN_PLATFORMS__0__SECRET_ENV=HOOK", "HOOK=word",
		"POSTERN_PLATFORMS__0__ALLOW_USERS__0=ann",
		"POSTERN_PLATFORMS__1__NAME=chat",
		"POSTERN_PLATFORMS__1__KIND=console",
		"POSTERN_PLATFORMS__1__BOTS=true",
	)
	if c.Delivery.Lease != 3*time.Second || c.Delivery.InFlight != 12 {
		t.Errorf("delivery = %+v", c.Delivery)
	}
	if names := c.Names(); names.Outbound("hook") != "other:out:hook" || len(names.ReplyPrefixes) != 1 || names.ReplyPrefixes[0] != "mine:" {
		t.Errorf("names = %+v", names)
	}
	if c.Redis.URL.Reveal() != "redis://10.0.0.1:6379/1" {
		t.Error("redis.url is not the one that the variable names")
	}
	hook := c.Platforms[0]
	if platform.Get[string](hook.Settings(), "url") != "http://new/" || platform.Get[string](hook.Settings(), "secret") != "word" {
		t.Errorf("hook = %+v", hook)
	}
	if len(hook.Allow.Users) != 1 || hook.Allow.Users[0] != "ann" {
		t.Errorf("allow = %+v", hook.Allow)
	}
	if chat := c.Platforms[1]; chat.Name != "chat" || !chat.Bots {
		t.Errorf("chat = %+v", chat)
	}
}

func TestUnknownVariableIsAWarning(t *testing.T) {
	t.Parallel()
	for variable, hint := range map[string]string{
		"POSTERN_DELIVERY_LEESE":       `did you mean "POSTERN_DELIVERY_LEASE"?`,
		"POSTERN_PLATFORMS__0__ULR":    "sets no key",
		"POSTERN_PLATFORMS__9999__URL": "sets no key",
		"POSTERN_PLATFORMS__x__URL":    "sets no key",
	} {
		_, warnings, err := parseText(t, "platforms: [{ name: hook, kind: webhook, url: x }]", variable+"=secret-word")
		if err != nil || len(warnings) != 1 {
			t.Errorf("%s: warnings %v, error %v", variable, warnings, err)
			continue
		}
		if w := warnings[0].String(); !strings.HasPrefix(w, variable+": ") || !strings.Contains(w, hint) || strings.Contains(w, "secret-word") {
			t.Errorf("warning = %s", w)
		}
	}
}

func TestBadValueInAVariableNamesTheVariable(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]string{
		"POSTERN_DELIVERY_LEASE=soon":     `POSTERN_DELIVERY_LEASE: delivery.lease: expected a duration`,
		"POSTERN_DELIVERY_LEASE=1ms":      `POSTERN_DELIVERY_LEASE: delivery.lease: is 1ms, expected at least 1s`,
		"POSTERN_PLATFORMS__2__NAME=late": `platforms[0]: expected a group of keys, found nothing`,
	} {
		_, _, err := parseText(t, "", variable)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error = %v, want %s", variable, err, want)
		}
	}
}

// Every documented variable must be understood, so that docs and code agree.
func TestEveryDocumentedVariableIsKnown(t *testing.T) {
	t.Parallel()
	keys := Keys()
	for _, k := range testKinds() {
		keys = append(keys, KindKeys(k)...)
	}
	for _, k := range keys {
		root, _ := parseYAML("x", []byte("platforms: [{ name: a, kind: webhook }]"))
		if w := overlay(root, map[string]string{k.Variable: "1"}, Default().settings(byName(testKinds()))); len(w) != 0 {
			t.Errorf("%s of %s: %v", k.Variable, k.Path, w)
		}
	}
}
