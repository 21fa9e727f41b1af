package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Notices that are published on the lease's channel. A release may name, after
// a space, the node that is to take over.
const (
	NoticeReleased = "released"
	NoticePaused   = "paused"
	NoticeResumed  = "resumed"
)

// NoticeListening is told by the bus itself: from now on notices are heard, and
// what was published before may have been missed.
const NoticeListening = "listening"

// Describe writes what the platform is and can do, for any SDK to read. Whether
// it is paused is an operator's word: ours is written only if there is none.
func (s *Stream) Describe(ctx context.Context, platformKey string, fields map[string]string, paused bool) error {
	_, err := s.bus.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.HSet(ctx, platformKey, fields)
		p.HSetNX(ctx, platformKey, "paused", pausedValue(paused))
		return nil
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", platformKey, err)
	}
	return nil
}

func pausedValue(paused bool) string {
	if paused {
		return "1"
	}
	return ""
}

// SetPaused pauses a platform or resumes it, and tells its active node.
func (s *Stream) SetPaused(ctx context.Context, platformKey string, paused bool) error {
	notice := NoticeResumed
	if paused {
		notice = NoticePaused
	}
	if err := s.bus.client.HSet(ctx, platformKey, "paused", pausedValue(paused)).Err(); err != nil {
		return fmt.Errorf("write %s: %w", platformKey, err)
	}
	if err := s.bus.client.Publish(ctx, s.keys.lease, notice).Err(); err != nil {
		return fmt.Errorf("announce on %s: %w", s.keys.lease, err)
	}
	return nil
}

// Paused reports whether an operator paused the platform; known is false where
// nothing is written of it.
func (s *Stream) Paused(ctx context.Context, platformKey string) (paused, known bool, err error) {
	v, err := s.bus.client.HGet(ctx, platformKey, "paused").Result()
	if errors.Is(err, redis.Nil) {
		return false, false, nil
	}
	return v == "1", err == nil, err
}

// Released reports whether a notice says that the lease was released, and for
// whom; "" is whoever comes first.
func Released(notice string) (heir string, ok bool) {
	what, heir, _ := strings.Cut(notice, " ")
	return heir, what == NoticeReleased
}

// Notices receives what is published about the lease and the platform, until
// ctx ends. A connection that breaks is made again; what was published
// meanwhile is missed: NoticeListening tells of that, and a notice only hastens
// what is also asked for.
func (s *Stream) Notices(ctx context.Context) <-chan string {
	return s.bus.notices.listen(ctx, s.keys.lease)
}
