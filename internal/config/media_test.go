package config

import (
	"strings"
	"testing"
	"time"
)

func TestMediaDefaults(t *testing.T) {
	t.Parallel()
	c, _, err := Parse("/etc/postern/postern.yaml", []byte("platforms: [{ name: a, kind: console }]"), nil, testKinds())
	if err != nil {
		t.Fatal(err)
	}
	m := c.Media
	if m.Dir != "/etc/postern/media" || m.Given || m.S3.Bucket != "" || m.MaxSize != 25<<20 ||
		m.Retention != 7*24*time.Hour || m.LinkTTL != time.Hour || m.Fetch.Timeout != 30*time.Second || len(m.Types) == 0 {
		t.Errorf("defaults: %+v", m)
	}
	if err := typePatterns(&m.Types); err != nil {
		t.Errorf("the default types do not pass their own rule: %v", err)
	}
}

func TestMediaIsRead(t *testing.T) {
	t.Parallel()
	c := mustParse(t, `
http: { public_url: "https://chat.example.com/gate" }
media:
  s3: { endpoint: "http://127.0.0.1:9000", bucket: blobs, region: eu, prefix: postern/, access_key_env: KEY, secret_key_env: HUSH }
  max_size: 1000
  types: [image/*, application/vnd.ms-excel]
  retention: 24h
  link_ttl: 5m
  fetch: { allow: [10.1.0.0/16, "fd00::/8", 192.168.1.5, files.internal], timeout: 5s }
`, "KEY=key-word", "HUSH=hush-word")
	m := c.Media
	if m.S3.Bucket != "blobs" || m.S3.AccessKey.Reveal() != "key-word" || m.S3.SecretKey.Reveal() != "hush-word" ||
		m.MaxSize != 1000 || len(m.Types) != 2 || len(m.Fetch.Allow) != 4 || c.HTTP.PublicURL != "https://chat.example.com/gate" {
		t.Errorf("media: %+v, public url %q", m, c.HTTP.PublicURL)
	}
}

func TestMediaProblems(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, key, says string }{
		"two stores":    {"media: { dir: here, s3: { endpoint: \"http://a\", bucket: b } }", "media.dir", "a folder or an S3 bucket"},
		"no bucket":     {"media: { s3: { endpoint: \"http://a\" } }", "media.s3.bucket", "is missing"},
		"no endpoint":   {"media: { s3: { bucket: b } }", "media.s3.endpoint", "is missing"},
		"half a key":    {"media: { s3: { endpoint: \"http://a\", bucket: b, access_key_env: KEY } }", "media.s3", "one half"},
		"a path":        {"media: { s3: { endpoint: \"http://a/b\", bucket: b } }", "media.s3.endpoint", "has a path"},
		"a type":        {"media: { types: [png] }", "media.types", "image/png"},
		"half a type":   {"media: { types: [\"*/png\"] }", "media.types", "image/png"},
		"a port":        {"media: { fetch: { allow: [\"files:80\"] } }", "media.fetch.allow", "without a port"},
		"no size":       {"media: { max_size: 0 }", "media.max_size", "at least 1"},
		"another way":   {"http: { public_url: \"ftp://a\" }", "http.public_url", "not the address of a server"},
		"a user":        {"http: { public_url: \"https://ann:hush-word@a\" }", "http.public_url", "bears a user name"},
		"a query":       {"http: { public_url: \"https://a/?b=hush-word\" }", "http.public_url", "not the address of a server"},
		"no host":       {"http: { public_url: \"https:///a\" }", "http.public_url", "not the address of a server"},
		"not an URL":    {"http: { public_url: \"https://a b:hush-word\" }", "http.public_url", "not a URL"},
		"written":       {"media: { s3: { secret_key: hush-word } }", "media.s3.secret_key", "secret_key_env"},
		"kept too long": {"media: { retention: 7d }", "media.retention", "duration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := parseText(t, tt.text, "KEY=key-word")
			if err == nil || !strings.Contains(err.Error(), " "+tt.key+": ") || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %s to say %q", err, tt.key, tt.says)
			}
			if err != nil && strings.Contains(err.Error(), "hush-word") {
				t.Errorf("the error shows what may be a secret: %v", err)
			}
		})
	}
}
