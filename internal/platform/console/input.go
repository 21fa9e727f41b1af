package console

import (
	"bufio"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// input reads lines in a goroutine of its own and hands each on before it
// reads the next. At most one goroutine reads, over any number of starts.
type input struct {
	from  io.Reader
	lines *bufio.Reader
	take  func(line string, tooLong bool)
	atEOF func() // may be nil

	mu      sync.Mutex
	reading chan struct{} // closed when the goroutine ends; nil if none runs
	ended   bool          // at the end of the input: there is no next start
}

func newInput(from io.Reader, take func(string, bool), atEOF func()) *input {
	return &input{from: from, lines: bufio.NewReaderSize(from, maxLine), take: take, atEOF: atEOF}
}

// deadliner is a reader whose Read can be cut off: a pipe, a socket, most
// terminals; not a file that the system reads without polling.
type deadliner interface{ SetReadDeadline(time.Time) error }

func (i *input) start() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.reading != nil || i.ended {
		return
	}
	if d, ok := i.from.(deadliner); ok {
		_ = d.SetReadDeadline(time.Time{}) // without deadlines there is none to lift
	}
	done := make(chan struct{})
	i.reading = done
	go func() {
		defer close(done)
		i.run()
	}()
}

// stop cuts the read off where that can be, and then waits for the goroutine.
func (i *input) stop() {
	i.mu.Lock()
	reading := i.reading
	i.mu.Unlock()
	d, ok := i.from.(deadliner)
	if reading == nil || !ok || d.SetReadDeadline(time.Unix(1, 0)) != nil {
		return
	}
	<-reading
}

func (i *input) run() {
	for {
		line, tooLong, err := i.next()
		if line != "" || tooLong {
			i.take(line, tooLong)
		}
		if i.leave(err) {
			return
		}
	}
}

// leave ends the goroutine after a read that was cut off, or at the end of
// the input; err is nil after a whole line.
func (i *input) leave(err error) bool {
	if err == nil {
		return false
	}
	cutOff := errors.Is(err, os.ErrDeadlineExceeded)
	i.mu.Lock()
	i.reading, i.ended = nil, !cutOff
	i.mu.Unlock()
	if !cutOff && i.atEOF != nil {
		i.atEOF()
	}
	return true
}

// next reads one line. The rest of one that is too long is skipped.
func (i *input) next() (line string, tooLong bool, err error) {
	b, err := i.lines.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return string(b), false, err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = i.lines.ReadSlice('\n')
	}
	return "", true, err
}
