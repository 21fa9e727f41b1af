package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/platform"
)

// server is the node's HTTP listener: probes, metrics, hooks, pages.
type server struct {
	http     *http.Server
	listener net.Listener
}

// listen opens the HTTP address and mounts what answers there.
func (g *Gateway) listen() (*server, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", g.readyz)
	mux.Handle("GET /metrics", g.authorized("metrics", g.metrics.handler(g)))
	mux.HandleFunc("/hooks/{platform}", g.hook)
	mux.HandleFunc("/chat/{platform}", g.page)
	mux.HandleFunc("/chat/{platform}/{rest...}", g.page)
	mux.HandleFunc("GET /{$}", g.front)
	g.mountMedia(mux)
	listener, err := net.Listen("tcp", g.config.HTTP.Listen)
	if err != nil {
		return nil, fmt.Errorf("http.listen %s: %w: is another process there? choose another port", g.config.HTTP.Listen, err)
	}
	return &server{listener: listener, http: &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
		BaseContext: func(l net.Listener) context.Context {
			return platform.WithHookLocal(context.Background(), onLoopback(l.Addr()))
		},
	}}, nil
}

// onLoopback reports whether an address is this machine's own. That of a
// listener on all interfaces is not.
func onLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

func (s *server) addr() string { return s.listener.Addr().String() }

// serve answers until close.
func (s *server) serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("http server: %w", err)
	}
	return nil
}

// close lets what is being answered end, for a while, or until abort ends.
func (s *server) close(abort context.Context) error {
	ctx, cancel := context.WithTimeout(abort, 2*time.Second)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}

// authorized lets through who bears a token of the scope. Without any token
// configured all is let through: the config then allows loopback only.
func (g *Gateway) authorized(scope string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(g.config.HTTP.Tokens) == 0 || allowed(g.config.HTTP.Tokens, scope, r.Header.Get("Authorization")) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="postern"`)
		writeError(w, http.StatusUnauthorized, envelope.CodeAuth, "needs a bearer token of the scope "+scope+", see http.tokens in the config")
	})
}

// allowed compares in constant time, every token, so that the time taken
// tells nothing.
func allowed(tokens []config.Token, scope, header string) bool {
	given, ok := strings.CutPrefix(header, "Bearer ")
	hash := sha256.Sum256([]byte(given))
	found := false
	for _, t := range tokens {
		want := sha256.Sum256([]byte(t.Token.Reveal()))
		same := subtle.ConstantTimeCompare(hash[:], want[:]) == 1
		found = found || same && slices.Contains(t.Scopes, scope)
	}
	return ok && found
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nobody to tell
}

func writeError(w http.ResponseWriter, status int, code envelope.Code, message string) {
	writeJSON(w, status, map[string]*envelope.Error{"error": {Code: code, Message: message}})
}
