package outbound

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// A sweep over many pages of what waits behind a shut gate holds up nobody: new
// entries are read between two of its pages.
func TestASweepIsReadBetween(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, _ int) error {
		if part.ChannelID == "stuck" {
			return &platform.Error{Code: envelope.CodeRateLimited, Sent: platform.SentNo, Message: "slow down", RetryAfter: time.Hour}
		}
		return nil
	}
	const pages = 4
	b.publishMany(pages*pageEntries, "stuck")
	heard := monitor(t, b.server.Addr)
	b.consumer("n1", func(c *Config) { c.AutoclaimInterval, c.AutoclaimMinIdle = 50*time.Millisecond, time.Millisecond })
	read, behind := false, 0
	for behind < 2*(pages-1) && heard.Scan() {
		switch line := heard.Text(); {
		case strings.Contains(line, `"XREADGROUP"`):
			read = true
		case !strings.Contains(line, `"XAUTOCLAIM"`):
		case strings.Contains(line, `"0-0" "COUNT"`): // a sweep begins
			read = false
		case !read:
			t.Fatalf("two pages, and no read between them: %s", line)
		default:
			behind, read = behind+1, false
		}
	}
	if err := heard.Err(); err != nil {
		t.Fatalf("%d pages behind first ones, then: %v", behind, err)
	}
}

// monitor hears all that a Redis is told from now on, for a while.
func monitor(t *testing.T, addr string) *bufio.Scanner {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
		t.Fatal(err)
	}
	heard := bufio.NewScanner(conn)
	heard.Buffer(nil, 4<<20)
	if !heard.Scan() || heard.Text() != "+OK" {
		t.Fatalf("MONITOR: %q, %v", heard.Text(), heard.Err())
	}
	return heard
}
