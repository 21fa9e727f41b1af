package media

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are in memory, so that a synctest's
// clock is theirs.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.ended); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dialSteady serves a store with server limits shorter than a slow line needs,
// and returns a connection to it.
func dialSteady(t *testing.T, s *Store) net.Conn {
	t.Helper()
	listener := &pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{
		Handler:     Handler(s, func(*http.Request) bool { return true }),
		ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second, ErrorLog: discardLog(),
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(listener) }()
	client, conn := net.Pipe()
	listener.conns <- conn
	t.Cleanup(func() {
		client.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-ended
	})
	return client
}

func head(t *testing.T, conn net.Conn, format string, args ...any) {
	t.Helper()
	if _, err := fmt.Fprintf(conn, format, args...); err != nil {
		t.Fatal(err)
	}
}

// A line that is slow and moves is waited for, longer than any other request.
func TestSlowUpload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var upload sync.WaitGroup
		t.Cleanup(upload.Wait) // after the connection is closed
		conn := dialSteady(t, newStore(t))
		head(t, conn, "PUT %s/%s HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n", Path, NewID())
		upload.Go(func() {
			for range 20 {
				time.Sleep(stall - time.Second)
				_, _ = conn.Write([]byte("x"))
			}
		})
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusCreated {
			t.Errorf("status %d", response.StatusCode)
		}
	})
}

// One that stalls is cut off, and so is one that dribbles for ever.
func TestSlowlorisUpload(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		every time.Duration // 0: never
		want  time.Duration
	}{"stalls": {0, stall}, "dribbles": {stall / 2, transfer}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var dribble sync.WaitGroup
				t.Cleanup(dribble.Wait) // after the connection is closed
				conn := dialSteady(t, newStore(t))
				start := time.Now()
				head(t, conn, "PUT %s/%s HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", Path, NewID())
				if tt.every > 0 {
					dribble.Go(func() {
						for {
							time.Sleep(tt.every)
							if _, err := conn.Write([]byte("x")); err != nil {
								return
							}
						}
					})
				}
				response, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				if took := time.Since(start); took != tt.want || response.StatusCode != http.StatusServiceUnavailable {
					t.Errorf("cut off after %v with %d, want %v", took, response.StatusCode, tt.want)
				}
			})
		})
	}
}

// One who asks for a file and does not read it is not waited for either.
func TestSlowlorisDownload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		id := NewID()
		s.mustPut(t, id, "hello")
		conn := dialSteady(t, s)
		start := time.Now()
		head(t, conn, "GET %s/%s HTTP/1.1\r\nHost: a\r\n\r\n", Path, id)
		time.Sleep(stall + time.Second)
		synctest.Wait()
		if _, err := io.ReadAll(conn); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%v", err)
		}
		if took := time.Since(start); took > stall+2*time.Second {
			t.Errorf("cut off after %v", took)
		}
	})
}
