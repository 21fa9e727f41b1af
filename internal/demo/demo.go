// Package demo is all of Postern in one command, with nothing to install.
//
//	this process, the parent                     the child: "postern serve"
//	┌──────────────────────────────────────┐     ┌─────────────────────────┐
//	│ Redis, in memory ◄───────────────────┼─────┤ gateway, web chat       │
//	│   ▲       ▲                          │     │ tools                   │
//	│  bot     wire ──► front ◄── browser  │     │                         │
//	│                     └── proxy ───────┼────►│ HTTP                    │
//	└──────────────────────────────────────┘     └─────────────────────────┘
//
// The page's plug kills the child with signal 9. What must live through that
// is in the parent: Redis, the bot, and the door that the browser knows.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/demo/bot"
	"github.com/posternhq/postern/internal/demo/wire"
)

// What gateway.yaml says.
const (
	platformName = "chat"
	nodeID       = "demo"
)

// Options are what a demo is run with.
type Options struct {
	Listen  string   // host:port of the page; another port if it is taken
	Program string   // this program's file, run again as the gateway and as the tool
	Environ []string // for the gateway; what begins with POSTERN_ is kept from it
	Out     io.Writer
	Bold    bool // Out is a terminal that shows bold text
}

// Run runs the demo until ctx ends, then stops all of it and removes what it
// wrote. An error says why it could not go on.
func Run(ctx context.Context, o Options) (err error) {
	redis, err := bus.StartEmbedded()
	if err != nil {
		return err
	}
	defer redis.Close()
	b, err := bus.Open(bus.Options{URL: redis.URL()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	at, err := makeHome(redis.URL(), o.Program)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(string(at))) }()
	listener, taken, err := listen(o.Listen)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // closed already, unless something failed before it was served
	logFile, err := os.OpenFile(at.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the gateway's log: %w", err)
	}
	defer logFile.Close() //nolint:errcheck // it is removed next

	botLog := slog.New(slog.NewTextHandler(logFile, nil)).With("from", "bot")
	names, log := envelope.NewNames("postern"), wire.NewLog()
	g := &gateway{
		platform: platformName, log: log, now: time.Now, ready: make(chan struct{}),
		command:  func() *exec.Cmd { return serve(o, at, logFile) },
		registry: func(ctx context.Context) (bus.Node, error) { return nodeOf(ctx, b, names) },
		open:     pageIsThere,
	}
	v := view{
		addr: listener.Addr().String(), wanted: o.Listen, taken: taken, redis: redis.Addr(),
		stream: names.Outbound(platformName), home: at, bold: o.Bold,
	}
	group, running := errgroup.WithContext(ctx)
	server := &http.Server{
		Handler:           (&front{gateway: g, local: v.local()}).handler(log, map[string]string{"redis_cli": v.redisCLI()}),
		ReadHeaderTimeout: 5 * time.Second, IdleTimeout: idleFor, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return running }, // who follows the wire is let go at the end
	}
	group.Go(func() error { return wire.Follow(running, b.Client(), names, platformName, log) })
	group.Go(func() error { return bot.Run(running, b.Client(), names, botLog) })
	group.Go(func() error {
		err := g.run(running)
		if err != nil {
			err = fmt.Errorf("%w; the end of its log:\n%s", err, at.lastLines(12))
		}
		return err
	})
	group.Go(func() error { return serveHTTP(running, server, listener) })
	group.Go(func() error {
		select {
		case <-g.ready:
			v.welcome(o.Out)
			v.follow(running, o.Out, log)
		case <-running.Done():
		}
		return nil
	})
	return group.Wait()
}

const idleFor = 2 * time.Minute

// serveHTTP serves until ctx ends, and a second longer for what is being
// answered.
func serveHTTP(ctx context.Context, server *http.Server, listener net.Listener) error {
	stop := context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(last) != nil {
			_ = server.Close()
		}
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the page: %w", err)
	}
	return nil
}

// serve is the gateway as a command.
func serve(o Options, at home, log io.Writer) *exec.Cmd {
	cmd := exec.Command(o.Program, "serve", "--until-eof", "--config", at.config())
	for _, kv := range o.Environ {
		if !strings.HasPrefix(kv, "POSTERN_") { // meant for another gateway
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Stdout, cmd.Stderr = log, log
	return cmd
}

// pageIsThere asks a gateway for the lobby.
func pageIsThere(ctx context.Context, addr string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+addr+"/chat/"+platformName, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close() // a HEAD has none
	return answer.StatusCode == http.StatusOK
}

// nodeOf is what the gateway writes of itself.
func nodeOf(ctx context.Context, b *bus.Bus, names envelope.Names) (bus.Node, error) {
	text, err := b.Client().Get(ctx, names.Node(nodeID)).Bytes()
	if err != nil {
		return bus.Node{}, err
	}
	var node bus.Node
	err = json.Unmarshal(text, &node)
	return node, err
}
