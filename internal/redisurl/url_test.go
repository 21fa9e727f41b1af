package redisurl

import (
	"crypto/tls"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	type want struct {
		Addrs              []string
		Master             string
		Cluster            bool
		DB                 int
		Username, Password string
		TLS                bool
	}
	for raw, w := range map[string]want{
		"redis://h:1":          {Addrs: []string{"h:1"}},
		"redis://h":            {Addrs: []string{"h:6379"}},
		"redis://u:p@h:1/3":    {Addrs: []string{"h:1"}, DB: 3, Username: "u", Password: "p"},
		"redis://:p%40%2F@h":   {Addrs: []string{"h:6379"}, Password: "p@/"},
		"rediss://h:1":         {Addrs: []string{"h:1"}, TLS: true},
		"redis://[::1]:1":      {Addrs: []string{"[::1]:1"}},
		"redis://h:1?addr=h:1": {Addrs: []string{"h:1"}, Cluster: true},
		"rediss://:p@a:1?addr=b:2&addr=c:3": {
			Addrs: []string{"a:1", "b:2", "c:3"}, Cluster: true, Password: "p", TLS: true,
		},
		"redis://a:1/2?master_name=m": {Addrs: []string{"a:1"}, Master: "m", DB: 2},
		"redis://u:p@a:1?master_name=m&addr=b:2": {
			Addrs: []string{"a:1", "b:2"}, Master: "m", Username: "u", Password: "p",
		},
	} {
		o, err := Parse(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		got := want{o.Addrs, o.MasterName, o.IsClusterMode, o.DB, o.Username, o.Password, o.TLSConfig != nil}
		if diff := cmp.Diff(w, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
		if o.TLSConfig != nil && o.TLSConfig.MinVersion < tls.VersionTLS12 {
			t.Errorf("%s: TLS from %x", raw, o.TLSConfig.MinVersion)
		}
	}
	w, err := Parse("redis://u:p@h:1?master_name=m&sentinel_username=su&sentinel_password=s%40p")
	if err != nil || w.Username+w.Password != "up" || w.SentinelUsername != "su" || w.SentinelPassword != "s@p" {
		t.Errorf("the Sentinels' options: %+v, %v", w, err)
	}
	o, err := Parse("redis://h?client_name=postern&protocol=2&pool_size=7")
	if err != nil || o.ClientName != "postern" || o.Protocol != 2 || o.PoolSize != 7 {
		t.Errorf("the client's options: %+v, %v", o, err)
	}
}

// badURLs all bear a password, where a person may have put it.
var badURLs = []string{
	"",
	"user:secret@h:1",
	"//user:secret@h:1",
	"http://user:secret@h:1",
	"secret://h",
	"redis://user:secret@h:port",
	"redis://user:se/cret@h:1",
	"redis://user:12/secret@h:1",
	"redis://user:12?secret@h:1",
	"redis://user:12#secret@h:1",
	"redis://user:secret@h:1/db",
	"redis://user:secret@h:1?no_such_option=1",
	"redis://user:secret@h:1?protocol=x",
	"redis://user:secret%zz@h:1",
	"redis://user:secret@h:1/1/2",
	"redis://h:1?password=secret%",
	"redis://h:1?sentinel_password=secret",
}

func TestParseURLRefuses(t *testing.T) {
	t.Parallel()
	for _, raw := range badURLs {
		_, err := Parse(raw)
		if err == nil {
			t.Errorf("%s was taken", raw)
			continue
		}
		if text := err.Error(); !strings.Contains(text, "expected") && !strings.Contains(text, "must be") {
			t.Errorf("%s: %q does not say what is expected", raw, text)
		}
		if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "12") {
			t.Errorf("%s: %q bears the password", raw, err)
		}
	}
}

// FuzzParseURL puts a password into a URL as people do, encoded and not.
func FuzzParseURL(f *testing.F) {
	for _, password := range []string{"plain", "12/34", "a#b", "p@ss", "1?x=2", "%zz", "[::1", "a b", "\x00", "redis://"} {
		f.Add("user", password, "host:6379", "/0", "addr=b:1")
	}
	f.Fuzz(func(t *testing.T, user, password, host, path, query string) {
		const mark = "SeCrEt"
		password = mark + password + mark
		for _, raw := range []string{
			"redis://" + user + ":" + password + "@" + host + path + "?" + query,
			"rediss://" + url.UserPassword(user, password).String() + "@" + host + path + "?" + query,
		} {
			o, err := Parse(raw)
			switch {
			case err != nil && strings.Contains(err.Error(), mark):
				t.Errorf("the error bears the password: %v", err)
			case err == nil && strings.Contains(strings.Join(o.Addrs, " "), mark) &&
				!strings.Contains(user+host+path+query, mark):
				t.Errorf("the address bears the password: %v", o.Addrs)
			}
		}
	})
}
