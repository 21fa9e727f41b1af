package outbound

import (
	"bytes"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// wire is a line to Redis on which a test holds a command, or its answer, for
// as long as it likes. As on TCP, a command that is held arrives all the same
// when its sender has hung up meanwhile.
type wire struct {
	b       *bench
	addr    string
	rate    atomic.Int64 // bytes of answers a second; 0 = all at once
	closing chan struct{}
	work    sync.WaitGroup
	mutex   sync.Mutex
	catches []*catch
	conns   []net.Conn
}

// catch holds the first command with all these words in it, less those that
// are skipped.
type catch struct {
	words  []string
	skip   int
	answer bool // its answer is held, not itself

	held     chan struct{} // closed when it is held
	let      chan bool     // closed: it goes on; true: it is lost
	answered chan struct{} // closed when Redis has answered it
}

func newWire(b *bench) *wire {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	w := &wire{b: b, addr: listener.Addr().String(), closing: make(chan struct{})}
	w.work.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			w.join(client)
		}
	})
	b.t.Cleanup(func() {
		listener.Close()
		close(w.closing)
		w.mutex.Lock()
		for _, c := range w.conns {
			c.Close()
		}
		w.mutex.Unlock()
		w.work.Wait()
	})
	return w
}

// through lets a consumer reach Redis over a wire. Its lease outlasts what is
// held there.
func through(w *wire) func(*Config) {
	return func(c *Config) {
		over, err := bus.Open(bus.Options{URL: "redis://" + w.addr + "/0"})
		if err != nil {
			w.b.t.Fatal(err)
		}
		w.b.t.Cleanup(func() { over.Close() })
		c.Redis, c.Limits.Lease = over, 15*time.Second
	}
}

// script is the word by which a command runs a script of the bus.
func (b *bench) script(name string) string {
	b.t.Helper()
	var texts []string
	for _, file := range []string{name, "packed"} {
		text, err := os.ReadFile("../bus/" + file + ".lua")
		if err != nil {
			b.t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	whole := strings.Replace(texts[0], "-- include packed\n", texts[1], 1)
	sha, err := b.client.ScriptLoad(b.t.Context(), whole).Result()
	if err != nil {
		b.t.Fatal(err)
	}
	return sha
}

func (w *wire) hold(words ...string) *catch       { return w.lurk(&catch{words: words}) }
func (w *wire) holdAnswer(words ...string) *catch { return w.lurk(&catch{words: words, answer: true}) }
func (w *wire) holdSecond(words ...string) *catch { return w.lurk(&catch{words: words, skip: 1}) }

func (w *wire) lurk(c *catch) *catch {
	c.held, c.let, c.answered = make(chan struct{}), make(chan bool, 1), make(chan struct{})
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.catches = append(w.catches, c)
	return c
}

// letGo lets what is held go on.
func (c *catch) letGo() { close(c.let) }

// lose cuts the connection on which it is held.
func (c *catch) lose() { c.let <- true }

// caught takes a command that is to be held out of the list, nil if it is none.
func (w *wire) caught(command []byte) *catch {
	command = bytes.ToLower(command)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for i, c := range w.catches {
		if slices.ContainsFunc(c.words, func(word string) bool { return !bytes.Contains(command, []byte(word)) }) {
			continue
		}
		if c.skip--; c.skip < 0 {
			w.catches = slices.Delete(w.catches, i, i+1)
			return c
		}
	}
	return nil
}

// wait holds what was caught; false: it must not go on.
func (w *wire) wait(c *catch) bool {
	close(c.held)
	select {
	case lost := <-c.let:
		return !lost
	case <-w.closing:
		return false
	}
}

// join serves one connection of a client's.
func (w *wire) join(client net.Conn) {
	server, err := net.Dial("tcp", w.b.server.Addr)
	if err != nil {
		client.Close()
		return
	}
	w.mutex.Lock()
	w.conns = append(w.conns, client, server)
	w.mutex.Unlock()
	select {
	case <-w.closing: // its end may have missed these two
		client.Close()
		server.Close()
	default:
	}
	asked := make(chan *catch, 1)
	w.work.Go(func() {
		w.commands(client, server, asked)
		server.(*net.TCPConn).CloseWrite() // what was sent before is carried out
	})
	w.work.Go(func() {
		w.answers(client, server, asked)
		client.Close()
		server.Close()
	})
}

func (w *wire) commands(client, server net.Conn, asked chan<- *catch) {
	buffer := make([]byte, 1<<20)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if c := w.caught(buffer[:n]); c != nil {
			if !c.answer && !w.wait(c) {
				return
			}
			asked <- c
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (w *wire) answers(client, server net.Conn, asked <-chan *catch) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		select {
		case c := <-asked:
			close(c.answered)
			if c.answer && !w.wait(c) {
				return
			}
		default:
		}
		w.slow(n)
		_, _ = client.Write(buffer[:n]) // who has hung up has still been served
	}
}

// slow takes as long as n bytes do at the wire's rate.
func (w *wire) slow(n int) {
	rate := w.rate.Load()
	if rate == 0 {
		return
	}
	timer := time.NewTimer(time.Duration(n) * time.Second / time.Duration(rate))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.closing:
	}
}
