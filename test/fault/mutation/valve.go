package mutation

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
)

// valve stands between one node and Redis, and holds or loses the commands
// that bear a mark, where it matters that it is these and no others.
type valve struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	conns map[net.Conn]bool
	mark  []byte
	lose  int           // of so many the reply is lost; 0 = the command is held
	met   chan struct{} // closed when a command with the mark has come
	open  chan struct{} // closed when what is held may pass
	drop  bool          // what is held is thrown away instead
	after chan struct{} // closed when Redis has answered what was held
	wait  sync.WaitGroup
}

func newValve(server string) (*valve, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	v := &valve{listener: ln, server: server, conns: make(map[net.Conn]bool)}
	v.wait.Go(v.accept)
	return v, nil
}

// hold lets the next command with this mark wait until release; what comes
// after it on its connection waits behind it. The channel is closed when one
// waits.
func (v *valve) hold(mark string) <-chan struct{} { return v.watch(mark, 0) }

// forget loses the replies to the next so many commands with this mark, and
// cuts their connections. The channel is closed when the last one has come.
func (v *valve) forget(mark string, times int) <-chan struct{} { return v.watch(mark, times) }

func (v *valve) watch(mark string, lose int) <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mark, v.lose, v.drop = []byte(mark), lose, false
	v.met, v.open, v.after = make(chan struct{}), make(chan struct{}), make(chan struct{})
	return v.met
}

// release lets pass what is held. The channel is closed when Redis has
// answered it.
func (v *valve) release() <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mark = nil
	close(v.open)
	return v.after
}

// discard throws away what is held, as a network does with what a dead process
// had not sent yet.
func (v *valve) discard() {
	v.mu.Lock()
	v.drop = true
	v.mu.Unlock()
	v.release()
}

func (v *valve) close() {
	_ = v.listener.Close()
	v.mu.Lock()
	for c := range v.conns {
		_ = c.Close()
	}
	if v.open != nil && v.mark != nil {
		v.mark = nil
		close(v.open)
	}
	v.mu.Unlock()
	v.wait.Wait()
}

func (v *valve) accept() {
	for {
		client, err := v.listener.Accept()
		if err != nil {
			return
		}
		redis, err := net.Dial("tcp", v.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		v.mu.Lock()
		v.conns[client], v.conns[redis] = true, true
		v.mu.Unlock()
		held := new(atomic.Bool)
		v.wait.Go(func() {
			v.requests(redis, client, held)
			_ = redis.Close()
		})
		v.wait.Go(func() {
			v.replies(client, redis, held)
			_ = client.Close()
		})
	}
}

// requests copies towards Redis.
func (v *valve) requests(redis, client net.Conn, held *atomic.Bool) {
	buffer := make([]byte, 1<<20)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		open, lose := v.marked(buffer[:n])
		if open != nil {
			<-open
			v.mu.Lock()
			drop := v.drop
			v.mu.Unlock()
			if drop {
				return
			}
			held.Store(true)
		}
		if lose {
			_ = client.Close() // before the reply can be there
		}
		if _, err := redis.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// replies copies towards the node.
func (v *valve) replies(client, redis net.Conn, held *atomic.Bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := redis.Read(buffer)
		if err != nil {
			return
		}
		if held.CompareAndSwap(true, false) {
			v.mu.Lock()
			close(v.after)
			v.mu.Unlock()
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// marked reports what is to become of a command: it waits until open is closed,
// or its reply is lost.
func (v *valve) marked(command []byte) (open <-chan struct{}, lose bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.mark == nil || !bytes.Contains(command, v.mark) {
		return nil, false
	}
	if v.lose > 0 {
		if v.lose--; v.lose == 0 {
			v.mark = nil
			close(v.met)
		}
		return nil, true
	}
	select {
	case <-v.met:
	default:
		close(v.met)
	}
	return v.open, false
}
