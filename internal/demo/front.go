package demo

import (
	"embed"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/demo/wire"
	"github.com/posternhq/postern/internal/netaddr"
	"github.com/posternhq/postern/internal/respond"
)

// page is what the demo adds to the web chat's page.
//
//go:embed page
var page embed.FS

// chatPath is the web chat's page.
const chatPath = "/chat/" + platformName

// front is the door for browsers: the demo's own parts, and the gateway behind.
type front struct {
	gateway *gateway
	local   bool // listens on this machine only
}

// handler serves everything. about is what the page is told of the demo.
func (f *front) handler(log *wire.Log, about map[string]string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler(chatPath, http.StatusFound))
	mux.HandleFunc("GET /demo/{file}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeFileFS(w, r, page, "page/"+r.PathValue("file"))
	})
	mux.Handle("GET /demo/wire", log.Handler(about))
	mux.HandleFunc("POST /demo/plug", f.plug)
	mux.HandleFunc("/demo/", http.NotFound)
	behind := f.proxy()
	mux.Handle(chatPath+"/", behind)
	mux.Handle(chatPath, behind)
	if f.local { // the API needs no token there, as always on loopback
		mux.Handle("/", behind)
	}
	return f.guard(http.NewCrossOriginProtection().Handler(mux))
}

// guard refuses, on this machine, names that are not this machine's: a site
// whose name is made to lead to 127.0.0.1 is still another site.
func (f *front) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.local && !thisMachine(r.Host) {
			http.Error(w, fmt.Sprintf("the demo is not at %q: open it by the address that it printed", r.Host), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func thisMachine(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return netaddr.IsLoopback(name) || strings.HasSuffix(name, ".localhost")
}

// plugHeader must come with the request: no form and no link can add it.
const plugHeader = "X-Postern-Demo"

// plug kills the gateway.
func (f *front) plug(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get(plugHeader) != "plug" {
		http.Error(w, "send the header "+plugHeader+": plug", http.StatusForbidden)
		return
	}
	pid, err := f.gateway.pull()
	if err != nil {
		w.Header().Set("Retry-After", "1")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	respond.JSON(w, http.StatusOK, map[string]int{"killed": pid})
}

// proxy hands a request on to the gateway, its upgrade to a socket too.
func (f *front) proxy() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: "http", Host: "gateway"}) // Transport knows where that is
			p.Out.Host = p.In.Host                              // what a socket's origin is held against
			p.SetXForwarded()
		},
		Transport:     &http.Transport{DialContext: f.gateway.dial, MaxIdleConnsPerHost: 8, IdleConnTimeout: idleFor},
		FlushInterval: -1,
		ErrorHandler:  func(w http.ResponseWriter, r *http.Request, _ error) { away(w, r) },
		ErrorLog:      log.New(io.Discard, "", 0), // a gateway that is killed breaks what it was saying: no news
	}
}

// away answers for a gateway that is not there: people get a page that looks
// again by itself, programs a status to try again on.
func away(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "1")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		respond.Error(w, http.StatusServiceUnavailable, envelope.Error{
			Code: envelope.CodeUnavailable, Message: "the gateway is coming back: try again in a second", RetryAfter: 1,
		})
		return
	}
	text, err := page.ReadFile("page/away.html")
	if err != nil { // it is built in
		http.Error(w, "the gateway is coming back", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Refresh", "1")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write(text)
}
