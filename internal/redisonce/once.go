// Package redisonce makes clients of Redis that never send a call twice: one
// whose answer was lost may have been done, and only the caller knows whether
// it may be done again. The gateway and its workers share it.
package redisonce

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// NewClient makes a client of the options, with no retries and with timeouts of
// its own: 2 s to connect, 3 s to read and to write. It does not wait for Redis
// to answer.
func NewClient(options *redis.UniversalOptions) redis.UniversalClient {
	o := *options
	o.MaxRetries = -1
	o.ContextTimeoutEnabled = true
	o.DialTimeout = 2 * time.Second
	o.ReadTimeout = 3 * time.Second
	o.WriteTimeout = 3 * time.Second
	client := redis.NewUniversalClient(&o)
	if c, ok := client.(*redis.ClusterClient); ok {
		c.OnNewNode(func(node *redis.Client) { node.AddHook(once{}) })
	}
	return client
}

// once keeps a Cluster's client from sending again what may have been done.
//
// MaxRetries does not reach it: it follows MOVED and ASK in the loop in which
// it also repeats, behind our back, every call whose reply was lost. A read
// repeated takes the next entries, and the first are nobody's; an XADD makes
// two. So a node's connection that breaks after it was made is told to the
// client as an error that it does not know. What Redis itself refused, and a
// connection that could not be made, was not done, and is repeated as before.
type once struct{}

var _ redis.Hook = once{}

// ErrLost says that a call's answer did not arrive: it may have been done.
var ErrLost = errors.New("the answer was lost")

// lost bears the text of an error, and not the error.
type lost struct{ text string }

func (l lost) Error() string   { return fmt.Sprintf("%v: %s", ErrLost, l.text) }
func (l lost) Is(e error) bool { return e == ErrLost } //nolint:errorlint // that is what Is is

func (once) DialHook(next redis.DialHook) redis.DialHook { return next }

func (once) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { return hide(next(ctx, cmd)) }
}

func (once) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { return hide(next(ctx, cmds)) }
}

func hide(err error) error {
	var answer redis.Error
	var network *net.OpError
	switch {
	case err == nil, errors.As(err, &answer), errors.As(err, &network) && network.Op == "dial",
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, redis.ErrClosed):
		return err
	}
	return lost{err.Error()}
}
