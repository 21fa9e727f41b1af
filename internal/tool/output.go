package tool

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// errTooLong is the cause of a process's end that wrote too long a line.
var errTooLong = errors.New("it wrote more in one answer than is allowed")

// output is a server's standard output as the MCP client reads it: lines of
// JSON, none longer than a limit. The first line that breaks this ends the
// process, for the framing cannot be trusted after it.
type output struct {
	process *process
	lines   *bufio.Scanner
	pending []byte
}

func newOutput(p *process, maxLine int) *output {
	lines := bufio.NewScanner(p.stdout)
	lines.Buffer(nil, maxLine)
	lines.Split(wholeLines)
	return &output{process: p, lines: lines}
}

// Read returns bytes of whole, valid lines only.
func (o *output) Read(b []byte) (int, error) {
	for len(o.pending) == 0 {
		if err := o.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, o.pending)
	o.pending = o.pending[n:]
	return n, nil
}

// Close closes the pipe; a Read under way returns.
func (o *output) Close() error { return o.process.stdout.Close() }

func (o *output) next() error {
	if !o.lines.Scan() {
		err := o.lines.Err()
		switch {
		case errors.Is(err, bufio.ErrTooLong):
			o.process.end(errTooLong)
		case err == nil || errors.Is(err, os.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded):
			o.process.hungUp()
			err = io.EOF
		default:
			o.process.end(fmt.Errorf("reading its output: %w", err))
		}
		return err
	}
	line := bytes.TrimSpace(o.lines.Bytes())
	if len(line) > 0 && (line[0] != '{' && line[0] != '[' || !json.Valid(line)) {
		err := fmt.Errorf("it wrote %.60q to its standard output, which is kept for MCP: a log belongs on standard error", line)
		o.process.end(err)
		return err
	}
	if len(line) > 0 {
		o.pending = o.lines.Bytes()
	}
	return nil
}

// wholeLines splits after each newline and keeps it.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
