package demo

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listen listens on addr, or where that is taken on another port beside it.
func listen(addr string) (l net.Listener, taken bool, err error) {
	l, err = net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		host, _, _ := net.SplitHostPort(addr) // it has been listened on
		taken = true
		l, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return nil, false, fmt.Errorf("--listen %s: %w: give host:port, such as 127.0.0.1:8080", addr, err)
	}
	return l, taken, nil
}
