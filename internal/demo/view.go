package demo

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/posternhq/postern/internal/demo/wire"
	"github.com/posternhq/postern/internal/netaddr"
)

// view is what the terminal is told.
type view struct {
	addr, wanted string // where the page is; where it was to be
	taken        bool
	redis        string // host:port
	stream       string
	home         home
	bold         bool
}

// local reports whether the page is for this machine only.
func (v view) local() bool {
	host, _, _ := net.SplitHostPort(v.addr)
	return netaddr.IsLoopback(host)
}

// url is where to point a browser on this machine.
func (v view) url() string {
	host, port, _ := net.SplitHostPort(v.addr)
	if net.ParseIP(host).IsUnspecified() { // every address of it
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + chatPath
}

// redisCLI is a line to copy: it makes text appear in the page.
func (v view) redisCLI() string {
	_, port, _ := net.SplitHostPort(v.redis)
	return fmt.Sprintf(`redis-cli -p %s XADD %s '*' data '{"type":"message","channel_id":"lobby","text":"hello"}'`, port, v.stream)
}

// welcome says what runs, where, and how to end it.
func (v view) welcome(out io.Writer) {
	fmt.Fprintf(out, "\n  Postern runs. Open  %s\n\n", v.strong(v.url()))
	if v.taken {
		fmt.Fprintf(out, "  (%s is taken: this is another port.)\n\n", v.wanted)
	}
	if !v.local() {
		fmt.Fprint(out, "  Whoever reaches that address reads everything in the wire pane, and can pull the plug.\n\n")
	}
	fmt.Fprintf(out, `  Say something, or /help. Give /stream, and pull the plug in mid-answer.
  From another terminal, send as any program would:

    %s

  Its config, for the other commands, and the gateway's log are in %s
  Ctrl-C ends it all; nothing is kept. What you saw and how it works: docs/demo.md

`, v.redisCLI(), v.home)
}

func (v view) strong(s string) string {
	if !v.bold {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// follow prints what happens to the gateway until ctx ends.
func (v view) follow(ctx context.Context, out io.Writer, log *wire.Log) {
	for seen, first := int64(0), true; ; {
		items, more := log.After(seen, 64)
		for _, item := range items {
			seen = item.N
			if item.Kind != wire.KindGateway {
				continue
			}
			if !first { // which is that it runs, as welcome has said
				at := time.UnixMilli(int64(item.At * 1000)).Format("15:04:05.0")
				fmt.Fprintf(out, "  %s  gateway %s: %s\n", at, item.Head, item.Says)
			}
			first = false
		}
		if len(items) > 0 {
			continue
		}
		select {
		case <-more:
		case <-ctx.Done():
			return
		}
	}
}
