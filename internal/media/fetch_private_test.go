package media

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/posternhq/postern/envelope"
)

func TestFetchKeepsOutOfThePrivateNetwork(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	private := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	strict := NewFetcher(NewGuard(nil), 1000, 10*time.Second)
	port := private.URL[strings.LastIndexByte(private.URL, ':'):]
	for _, address := range []string{private.URL, "http://localhost" + port, "http://[::ffff:127.0.0.1]" + port} {
		_, _, err := fetch(t, strict, address)
		wantCode(t, err, envelope.CodeForbidden)
	}
	// Where a redirect leads is judged, whatever led there.
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
	})
	for _, to := range []string{"http://[::1]" + port, "http://127.0.0.2" + port, "http://169.254.169.254/"} {
		_, _, err := fetch(t, loopback(), elsewhere.URL+"?to="+url.QueryEscape(to))
		wantCode(t, err, envelope.CodeForbidden)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the private server was asked %d times", n)
	}
	if _, _, err := fetch(t, loopback(), elsewhere.URL+"?to="+url.QueryEscape(private.URL)); err != nil || asked.Load() != 1 {
		t.Errorf("what is allowed is not fetched: %v", err)
	}
}

// names is a DNS server that answers each question for a name with the next of
// its addresses, the last one for ever.
func names(t *testing.T, addrs ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		packet, asked := make([]byte, 1500), 0
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(packet[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response = true
			m.Additionals = nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(addrs[min(asked, len(addrs)-1)]).As4()},
				}}
				asked++
			}
			if answer, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-ended })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// A name that leads to where one may go when it is first asked for, and into
// the private network afterwards.
func TestFetchIsNotReboundByDNS(t *testing.T) {
	t.Parallel()
	var paths []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		if r.URL.Path == "/first" {
			http.Redirect(w, r, "/second?"+r.URL.RawQuery, http.StatusFound)
			return
		}
		fmt.Fprint(w, "inside")
	})
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	guard := NewGuard([]string{"127.0.0.1"})
	guard.resolver = names(t, "127.0.0.1", "127.0.0.2")
	_, _, err := fetch(t, NewFetcher(guard, 1000, 10*time.Second), "http://rebind.example.com:"+port+"/first")
	wantCode(t, err, envelope.CodeForbidden)
	if len(paths) != 1 {
		t.Errorf("asked for %v", paths)
	}
	// A name of the config may lead anywhere.
	guard = NewGuard([]string{"files.example.com"})
	guard.resolver = names(t, "127.0.0.1")
	f := NewFetcher(guard, 1000, 10*time.Second)
	if _, content, err := fetch(t, f, "http://FILES.example.com:"+port+"/third"); err != nil || content != "inside" {
		t.Errorf("an allowed name: %q, %v", content, err)
	}
	_, _, err = fetch(t, f, "http://other.example.com:"+port+"/third")
	wantCode(t, err, envelope.CodeForbidden)
}
