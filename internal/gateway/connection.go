package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/platform"
)

// An adapter that cannot be opened is tried again after 1 s, doubling to a
// minute; one whose credentials were refused after a minute at once: too many
// refusals get a bot banned.
const (
	openFirst = time.Second
	openMost  = time.Minute
)

// connect opens and closes the connection as it should be, trying on, each
// platform on its own clock, until ctx ends.
func (a *account) connect(ctx context.Context) {
	wait := openFirst
	var due <-chan time.Time // of the next try; nil = now
	for {
		switch want, lease := a.wanted(); {
		case a.isOpen() && (!want || lease != a.lease):
			_ = a.shut(ctx) // it was logged
			continue
		case want && !a.isOpen() && due == nil:
			a.lease = lease
			err := a.open(ctx)
			if err == nil {
				wait = openFirst
				break
			}
			about := []any{"error", err}
			if a.standing().refused() {
				wait = openMost
				about = append(about, "do", "run postern check: it says what is wrong with the credentials")
			}
			a.log.Warn("the platform cannot be opened; trying again", append(about, "in", wait)...)
			due = time.After(wait)
			wait = min(2*wait, openMost)
		case !want:
			due, wait = nil, openFirst
		}
		select {
		case <-a.wish:
		case closed := <-a.yields:
			closed <- a.shut(ctx)
		case <-due:
			due = nil
		case <-ctx.Done():
			return
		}
	}
}

func (a *account) open(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.mutex.Lock()
	a.cancel = cancel
	if a.lease != 0 && a.lease == a.yielded {
		cancel() // it was to close before it was opened
	}
	a.mutex.Unlock()
	epoch, err := a.epoch(ctx)
	if err == nil {
		err = a.adapter.Open(ctx, host{a, a.inbound.Under(epoch)})
	}
	if err == nil {
		a.setOpen(true)
		return nil
	}
	a.change(func(s *standing) {
		if failure, ok := errors.AsType[*platform.Error](err); ok && failure.Code == envelope.CodeAuth {
			s.state = platform.StateAuthFailed
		}
		if s.state != platform.StateAuthFailed { // which the adapter may have told itself
			s.state = platform.StateLost
		}
		s.reason = told(err)
		a.consumer.SetReady(false)
	})
	return err
}

// epoch is what the connection publishes under: that of its lease, above any
// under which something was published before. Should the leases' count have
// begun anew, all that this connection brings would be taken for an older one's.
func (a *account) epoch(ctx context.Context) (int64, error) {
	if a.lease == 0 {
		return 0, nil
	}
	known, err := a.inbound.Epoch(ctx)
	if err != nil || known <= a.lease {
		return a.lease, err
	}
	return a.consumer.Outrank(ctx, known)
}

// told is an error as anybody may read it. What an adapter did not write for
// that may bear anything, and is for the log only.
func told(err error) string {
	if failure, ok := errors.AsType[*platform.Error](err); ok {
		return string(failure.Code) + ": " + failure.Message
	}
	return "it cannot be opened; the log says why"
}

// shut closes the connection, because the lease it came with is gone or about
// to go.
func (a *account) shut(ctx context.Context) error {
	a.setOpen(false)
	err := a.adapter.Close(ctx)
	if err != nil {
		a.log.Warn("the connection did not close cleanly", "error", err)
	}
	a.setState(platform.StateConnecting, "waiting for the lease")
	return err
}

// yield closes a connection of which the platform bears only one, before its
// lease is released, also one that is being opened. It is not opened again
// under that lease. An error: it may still be there.
func (a *account) yield(ctx context.Context) error {
	if !a.adapter.Capabilities().LeaseBound {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	a.mutex.Lock()
	a.yielded = a.now.epoch
	a.cancel()
	a.mutex.Unlock()
	closed := make(chan error, 1)
	select {
	case a.yields <- closed:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wanted reports whether the connection should be open: always, or with the
// lease where the platform bears only one; then lease is which one, by its
// epoch: one that is lost and taken again makes a new connection.
func (a *account) wanted() (want bool, lease int64) {
	if !a.adapter.Capabilities().LeaseBound {
		return true, 0
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.now.role == outbound.RoleActive && a.now.epoch != a.yielded, a.now.epoch
}

func (a *account) isOpen() bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.opened
}

func (a *account) setOpen(open bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.opened = open
}
