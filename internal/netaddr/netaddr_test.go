package netaddr

import (
	"net/http"
	"testing"
)

func TestCaller(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.7:1234":              "192.0.2.7",
		"[::ffff:192.0.2.7]:1234":     "192.0.2.7",
		"192.0.2.7":                   "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:1234": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1234":         "fe80::/64",
		"127.0.0.1:1234":              "127.0.0.1",
		"[::1]:1234":                  "::1",
		"@":                           "@",
		"":                            "",
	} {
		if got := Caller(remote); got != want {
			t.Errorf("%q is %q, want %q", remote, got, want)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.8.9.1": true, "::1": true, "[::1]": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "192.0.2.7": false, "example.com": false,
		"localhost.example.com": false, "127.0.0.1.example.com": false, "evil.localhost": false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	for hostport, want := range map[string]string{
		"localhost:8080": "localhost", "localhost": "localhost", "[::1]:8080": "::1", "[::1]": "[::1]", "": "", "127.0.0.1:": "127.0.0.1",
	} {
		if got := Host(hostport); got != want {
			t.Errorf("%q names %q, want %q", hostport, got, want)
		}
	}
}

func TestProxyHeader(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"X-Forwarded-For": "X-Forwarded-For", "forwarded": "Forwarded", "x-forwarded-proto": "X-Forwarded-Proto", "X-Other": "", "Host": "",
	} {
		header := http.Header{}
		header.Set(name, "x")
		if got := ProxyHeader(header); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
