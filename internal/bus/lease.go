package bus

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// Lease is the right to be a stream's active consumer, as Redis last told.
type Lease struct {
	Ours     bool
	Epoch    int64
	Token    string
	Node     string        // whose it is
	Renewals int64         // rises while its owner lives
	Left     time.Duration // until it ends by itself
	Now      time.Time     // Redis' clock
}

// NewToken makes a token for one acquisition: random, so that a restarted
// process is a new owner.
func NewToken() string { return rand.Text() }

// Acquire tries to take the lease for length under a new token. replace, if
// not "", is a token whose lease may be taken although it has not run out:
// our own earlier one, or, with its renewals, one that was seen to stand
// still. Renewals < 0 means any.
func (s *Stream) Acquire(ctx context.Context, token, node string, length time.Duration, replace string, renewals int64) (Lease, error) {
	still := ""
	if renewals >= 0 {
		still = fmt.Sprint(renewals)
	}
	v, err := s.bus.run(ctx, "lease_acquire", []string{s.keys.lease, s.keys.epoch},
		token, node, length.Milliseconds(), replace, still)
	if err != nil {
		return Lease{}, err
	}
	r := newReply(v)
	l := Lease{
		Ours: r.int() == 1, Epoch: r.int(), Token: r.string(), Node: r.string(),
		Renewals: r.int(), Left: time.Duration(r.int()) * time.Millisecond, Now: time.UnixMilli(r.int()),
	}
	return l, r.err("lease_acquire")
}

// Outrank raises our lease's epoch above one that is known elsewhere, if it is
// below it, and returns what it is then. ErrFenced: the lease is lost.
func (s *Stream) Outrank(ctx context.Context, token string, known int64) (epoch int64, err error) {
	v, err := s.bus.run(ctx, "lease_outrank", []string{s.keys.lease, s.keys.epoch}, token, known)
	if err != nil {
		return 0, err
	}
	epoch, ok := v.(int64)
	if !ok {
		return 0, fmt.Errorf("redis script lease_outrank: a %T where a number was expected", v)
	}
	return epoch, nil
}

// Renew makes the lease last for another length. ErrFenced: it is lost.
func (s *Stream) Renew(ctx context.Context, token string, length time.Duration) error {
	_, err := s.bus.run(ctx, "lease_renew", []string{s.keys.lease}, token, length.Milliseconds())
	return err
}

// Release gives the lease up and tells the stand-bys: heir takes over at once,
// and the others leave it the first moment. With no heir they all try.
func (s *Stream) Release(ctx context.Context, token, heir string) error {
	_, err := s.bus.run(ctx, "lease_release", []string{s.keys.lease}, token, s.keys.lease, heir)
	return err
}
