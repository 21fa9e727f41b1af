package redistest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
)

// pipe is one client's connection and its counterpart at the server. Either
// side's end is the end of both.
type pipe struct {
	proxy          *Proxy
	client, server net.Conn
}

func (c *pipe) close() {
	_ = c.client.Close()
	_ = c.server.Close()
}

func (c *pipe) forget() {
	c.close()
	c.proxy.mu.Lock()
	defer c.proxy.mu.Unlock()
	delete(c.proxy.pipes, c)
}

// requests copies towards the server.
func (c *pipe) requests() {
	defer c.forget()
	buf := make([]byte, 64<<10)
	for {
		n, err := c.client.Read(buf)
		if err != nil || !c.proxy.pass(false) {
			return
		}
		if _, err := c.server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// replies copies towards the client, a whole reply at a time.
func (c *pipe) replies() {
	defer c.forget()
	for r := bufio.NewReader(c.server); ; {
		reply, push, err := readReply(r, nil)
		if err != nil || !c.proxy.pass(true) {
			return
		}
		arrives := len(reply)
		if !push {
			arrives = c.proxy.arrives(reply)
		}
		if _, err := c.client.Write(reply[:arrives]); err != nil || arrives < len(reply) {
			return
		}
	}
}

// readReply appends one RESP2 or RESP3 value to buf, and says whether it is
// an out-of-band push, which answers no command.
func readReply(r *bufio.Reader, buf []byte) (reply []byte, push bool, err error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, false, err
	}
	buf = append(buf, line...)
	if len(line) < 3 {
		return nil, false, fmt.Errorf("reply line %q: too short", line)
	}
	kind := line[0]
	var values int // that follow the line
	switch kind {
	case '+', '-', ':', '_', ',', '#', '(':
		return buf, false, nil
	case '$', '=', '!', '*', '~', '>', '%', '|':
		if values, err = strconv.Atoi(string(line[1 : len(line)-2])); err != nil {
			return nil, false, fmt.Errorf("reply line %q: %w", line, err)
		}
	default:
		return nil, false, fmt.Errorf("reply line %q: unknown kind", line)
	}
	switch kind {
	case '$', '=', '!':
		if values < 0 { // RESP2's null
			return buf, false, nil
		}
		at := len(buf)
		buf = append(buf, make([]byte, values+2)...)
		_, err = io.ReadFull(r, buf[at:])
		return buf, false, err
	case '%':
		values *= 2
	case '|': // attributes stand before the value that they describe
		values = values*2 + 1
	}
	for range values {
		if buf, _, err = readReply(r, buf); err != nil {
			return nil, false, err
		}
	}
	return buf, kind == '>', nil
}
