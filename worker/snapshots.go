package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/posternhq/postern/envelope"
)

// publishing publishes snapshots until the stream is ended: the first text at
// once, then what is new at most once in a pause, and the same text again when
// none has come for so long that the gateway would end the stream.
func (s *Stream) publishing() {
	defer close(s.ended)
	trouble := backoff{least: s.o.Every, most: 10 * time.Second}
	quiet := time.NewTimer(s.o.keep)
	defer quiet.Stop()
	for sent := ""; ; {
		again := false
		select {
		case <-s.news:
		case <-quiet.C:
			again = true
			quiet.Reset(s.o.keep)
		case <-s.ctx.Done():
			return
		}
		snapshot := s.next()
		if snapshot.Text == "" || snapshot.Text == sent && !again {
			continue
		}
		began := time.Now()
		_, err := s.client.Publish(s.ctx, snapshot)
		var invalid *envelope.Error
		switch {
		case err == nil:
			sent = snapshot.Text
			trouble.reset()
			quiet.Reset(s.o.keep)
			// Each bears the whole text: a long one, and a slow Redis, take turns
			// more rarely.
			bulk := time.Duration(len(sent)) * time.Second / streamRate
			pause(s.ctx, max(s.o.Every, 2*time.Since(began), bulk))
		case errors.As(err, &invalid):
			s.refuse(err)
			return
		case s.ctx.Err() == nil:
			if trouble.tries == 0 {
				s.client.log.Warn("a snapshot was not published; the next one has what it had", "stream_id", s.o.ID, "error", err)
			}
			trouble.wait(s.ctx)
			s.nudge()
		}
	}
}

// next is the snapshot of what has been written, less a character of which only
// the beginning has come.
func (s *Stream) next() envelope.Outbound {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.snapshot(whole(s.text))
}

// refuse ends writing: no snapshot of this text will ever be taken.
func (s *Stream) refuse(err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.fault = err
}

func (s *Stream) nudge() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// StreamTokens streams what comes out of tokens, as a language model says it,
// until the channel is closed, and returns the message's receipt. If ctx ends
// first the stream is abandoned, so that a handler which runs again continues
// it. Without a token it returns ErrStreamEmpty.
func (c *Client) StreamTokens(ctx context.Context, to envelope.Address, tokens <-chan string, o StreamOptions) (envelope.Receipt, error) {
	s := c.Stream(ctx, to, o)
	for {
		select {
		case token, open := <-tokens:
			if !open {
				return s.CloseAndWait(ctx)
			}
			if _, err := s.WriteString(token); err != nil {
				s.Abandon()
				return envelope.Receipt{}, fmt.Errorf("stream %s: %w", s.ID(), err)
			}
		case <-ctx.Done():
			s.Abandon()
			return envelope.Receipt{}, fmt.Errorf("stream %s: %w", s.ID(), context.Cause(ctx))
		}
	}
}
