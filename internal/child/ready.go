package child

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"
)

// FreePort draws a loopback port for a program that is to listen, from below
// Linux' ephemeral range, so that no outgoing connection takes it meanwhile.
func FreePort() (int, error) {
	for range 50 {
		port := 12000 + rand.IntN(20000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("found no free port from 12000 to 31999")
}

// Until asks each 5 ms until there is no error, as what a program does cannot be
// waited for from outside it. At ctx's end it returns the last error, and what
// was waited for.
func Until(ctx context.Context, what string, ask func() error) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w", what, err)
		}
	}
}
