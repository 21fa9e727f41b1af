package config

import (
	"strings"
	"testing"
)

// What a kind thinks of its settings is said with the rest, where it stands.
func TestKindsOwnErrorsHaveTheirPlace(t *testing.T) {
	t.Parallel()
	const text = `delivery: { leese: 1s }
platforms:
  - { name: a, kind: webhook, url: "http://h/", timeout: 0s }
  - { name: b, kind: webhook, url: "http://h/", secret_env: S }
  - { name: c, kind: webhook, url: "http://refused/" }
  - { name: d, kind: webhook, url: "http://h/" }
`
	_, _, err := parseText(t, text, "S=short", "POSTERN_PLATFORMS__3__TIMEOUT=-1s")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"postern.yaml:1:13: delivery.leese: ",
		"postern.yaml:3:58: platforms[0].timeout: is too short",
		"postern.yaml:4:61: platforms[1].secret_env: is too short",
		"postern.yaml:5:7: platforms[2]: refused as it is",
		"POSTERN_PLATFORMS__3__TIMEOUT: platforms[3].timeout: is too short",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 5 {
		t.Errorf("%d problems:\n%v", n, err)
	}
}

func TestAKindOfWhichThereIsOneIsTakenOnce(t *testing.T) {
	t.Parallel()
	kinds := testKinds()
	kinds[1].Single = "one terminal"
	_, _, err := Parse("postern.yaml", []byte("platforms: [{ name: a, kind: console }, { name: b, kind: console }]"), nil, kinds)
	if err == nil || err.Error() != `postern.yaml:1:58: platforms[1].kind: "console" can be had only once, and platform a is one: one terminal` {
		t.Error(err)
	}
}

// A command that looks up no secret cannot hold the settings to their kind.
func TestSettingsAreNotTriedWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	const text = `platforms: [{ name: a, kind: webhook, url: "http://refused/", secret_env: S }]`
	if _, _, err := parse("postern.yaml", []byte(text), nil, testKinds(), true); err != nil {
		t.Errorf("tried without its secret: %v", err)
	}
}

func TestNamesAndAddressesThatNoRedisHas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`wire: { namespace: "a b" }`,
		`wire: { inbound_stream: "a\tb" }`,
		`wire: { reply_prefixes: ["a\nb"] }`,
		`wire: { worker_group: "` + strings.Repeat("x", 129) + `" }`,
		`redis: { url: "redis://127.0.0.1:63:91/0" }`,
		`redis: { url: "redis://127.0.0.1:0/0" }`,
		`redis: { url: "redis://127.0.0.1:70000/0" }`,
		`redis: { url: "redis://127.0.0.1:6379?addr=other:70000" }`,
	} {
		if _, _, err := parseText(t, text); err == nil || !strings.HasPrefix(err.Error(), "postern.yaml:1:") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, url := range []string{"redis://localhost", "redis://[::1]/0", "redis://[::1]:6379", "redis://h:6379?addr=other", "redis://:word@h:1/2"} {
		if _, _, err := parseText(t, `redis: { url: "`+url+`" }`); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
