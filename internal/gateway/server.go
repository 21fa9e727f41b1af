package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/posternhq/postern/internal/api"
	"github.com/posternhq/postern/platform"
)

// server is the node's HTTP listener.
type server struct {
	stop     context.CancelFunc // sends home who waits for a receipt
	http     *http.Server
	listener net.Listener
}

// listen opens the HTTP address and has all routes answered there.
func (g *Gateway) listen() (*server, error) {
	stopping, stop := context.WithCancel(context.Background())
	routes, err := g.routes(stopping)
	if err != nil {
		stop()
		return nil, err
	}
	listener, err := net.Listen("tcp", g.config.HTTP.Listen)
	if err != nil {
		stop()
		return nil, fmt.Errorf("http.listen %s: %w: is another process there? choose another port", g.config.HTTP.Listen, err)
	}
	return &server{listener: listener, stop: stop, http: &http.Server{
		Handler: api.Observe(g.log, api.NewMux(routes)), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
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
	s.stop()
	ctx, cancel := context.WithTimeout(abort, 2*time.Second)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}
