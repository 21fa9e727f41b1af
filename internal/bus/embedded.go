package bus

import (
	"crypto/sha1" //nolint:gosec // Redis names scripts by it
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
)

// tick is how often the embedded Redis' clock is moved on. Its keys expire
// only by that, so an expiry is at most this late.
const tick = 50 * time.Millisecond

// Embedded is a Redis in this process, for trying out. Any process of this
// machine may use it. Nothing in it survives Close.
type Embedded struct {
	server  *miniredis.Miniredis
	scripts embeddedScripts
	done    chan struct{}
	stopped chan struct{}
	closing sync.Once
}

// StartEmbedded starts one on a free port of 127.0.0.1. The caller closes it.
func StartEmbedded() (*Embedded, error) {
	e := &Embedded{
		server: miniredis.NewMiniRedis(), scripts: embeddedScripts{as: map[string]string{}},
		done: make(chan struct{}), stopped: make(chan struct{}),
	}
	if err := e.server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start the embedded redis: %w", err)
	}
	e.server.Server().SetPreHook(e.before)
	go e.run()
	return e, nil
}

// Addr is where it listens, as host:port.
func (e *Embedded) Addr() string { return e.server.Addr() }

// URL is a redis.url that leads to it from any process of this machine.
func (e *Embedded) URL() string { return "redis://" + e.Addr() + "/0" }

// Close ends it, every connection to it, and what it holds. Once more does
// nothing.
func (e *Embedded) Close() {
	e.closing.Do(func() {
		close(e.done)
		<-e.stopped
		e.server.Close()
	})
}

func (e *Embedded) run() {
	defer close(e.stopped)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case now := <-ticker.C:
			e.server.FastForward(now.Sub(last))
			last = now
		case <-e.done:
			return
		}
	}
}

// embeddedInfo is what INFO says, whichever section is asked for, so that a
// client in another process knows what it talks to.
const embeddedInfo = "# Server\r\nredis_version:7.0.0\r\n" + embeddedMark + ":1\r\n"

// embeddedMark is the field of INFO that only the embedded Redis has.
const embeddedMark = "postern_embedded"

// before sees each command on its way in, those of scripts too. True: it has
// been answered.
func (e *Embedded) before(peer *server.Peer, command string, args ...string) bool {
	switch {
	case command == "INFO":
		peer.WriteBulk(embeddedInfo)
		return true
	case len(args) == 0:
	case strings.HasPrefix(command, "EVALSHA"):
		args[0] = e.scripts.sha(args[0])
	case strings.HasPrefix(command, "EVAL"):
		args[0] = e.scripts.plain(args[0])
	case command == "SCRIPT" && len(args) == 2 && strings.EqualFold(args[0], "LOAD"):
		args[1] = e.scripts.plain(args[1])
	}
	return false
}

// embeddedScripts makes a comment of a script's first line where that is Redis
// 7's "#!lua flags=…", which the embedded one does not read. Clients go on to
// call the script by the name that it had before.
type embeddedScripts struct {
	mutex sync.Mutex
	as    map[string]string // SHA-1 as the client has it -> as the server has it
}

func (s *embeddedScripts) plain(source string) string {
	if !strings.HasPrefix(source, "#!") {
		return source
	}
	plain := "--" + source
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.as[scriptName(source)] = scriptName(plain)
	return plain
}

func (s *embeddedScripts) sha(name string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if as, ok := s.as[strings.ToLower(name)]; ok {
		return as
	}
	return name
}

func scriptName(source string) string {
	sum := sha1.Sum([]byte(source)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}
