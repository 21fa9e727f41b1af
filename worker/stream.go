package worker

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/posternhq/postern/envelope"
)

// StreamOptions are what a stream is beside its text. The zero value is good.
type StreamOptions struct {
	ID      string        // its stream_id; default a new one
	Every   time.Duration // the least time between two snapshots; default 250 ms
	Format  string        // markdown (default) or plain
	ReplyTo string        // the id of the message that it answers
	View    envelope.View // the buttons below it
	TraceID string

	keep time.Duration // streamKeep, but in tests
}

const (
	streamEvery = 250 * time.Millisecond
	streamKeep  = 60 * time.Second // the gateway ends a stream 120 s after its last snapshot
	streamRate  = 64 << 10         // bytes a second of snapshots: each bears the whole text
)

// Stream is one message that grows. Write to it as tokens come; each snapshot
// that is published has the whole text so far, so losing one loses nothing. End
// it with Close or Abandon. It is safe for concurrent use.
//
// Snapshots are numbered by the clock (unix milliseconds), so that a worker
// which continues a dead one's stream is ahead of it.
type Stream struct {
	client *Client
	ctx    context.Context // that snapshots are published under
	to     envelope.Address
	o      StreamOptions
	quit   context.CancelFunc
	ended  chan struct{} // closed when the publishing goroutine has ended
	news   chan struct{} // buffered: there is more text

	mutex  sync.Mutex
	text   []byte
	seq    int64
	fault  error // why nothing more can be written
	closed bool
}

// ErrStreamEmpty says that nothing was written to a stream, so there is no
// message.
var ErrStreamEmpty = errors.New("nothing was written to the stream")

// errStreamEnded is what writing to an ended stream meets.
var errStreamEnded = errors.New("the stream has been closed")

// Stream begins a message that grows. When ctx ends no more snapshots are
// published, and the gateway finishes the message as it stands after 120 s.
func (c *Client) Stream(ctx context.Context, to envelope.Address, o StreamOptions) *Stream {
	if o.ID == "" {
		o.ID = rand.Text()
	}
	if o.keep == 0 {
		o.keep = streamKeep
	}
	if o.Every <= 0 {
		o.Every = streamEvery
	}
	s := &Stream{client: c, to: to, o: o, ended: make(chan struct{}), news: make(chan struct{}, 1)}
	s.ctx, s.quit = context.WithCancel(ctx)
	go s.publishing()
	return s
}

// ID is its stream_id: the target_key of edits and reactions to it.
func (s *Stream) ID() string { return s.o.ID }

// Write appends to the text. An error means that the text has become too long
// for an envelope, or that the stream has ended.
func (s *Stream) Write(token []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed && s.fault == nil {
		s.fault = errStreamEnded
	}
	if s.fault != nil {
		return 0, s.fault
	}
	s.text = append(s.text, token...)
	s.nudge()
	return len(token), nil
}

// WriteString is Write for a string.
func (s *Stream) WriteString(token string) (int, error) { return s.Write([]byte(token)) }

// Text is the text so far.
func (s *Stream) Text() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return string(s.text)
}

// Close publishes the whole text as the stream's last, under ctx. If nothing was
// written there is no message, and it returns ErrStreamEmpty. After an error it
// may be called once more.
func (s *Stream) Close(ctx context.Context) error {
	final, err := s.finish()
	if err != nil {
		return err
	}
	_, err = s.client.Publish(ctx, final)
	return err
}

// CloseAndWait is Close that waits for the message's receipt.
func (s *Stream) CloseAndWait(ctx context.Context) (envelope.Receipt, error) {
	final, err := s.finish()
	if err != nil {
		return envelope.Receipt{}, err
	}
	return s.client.PublishAndWait(ctx, final)
}

// Abandon ends the stream without a last word: the gateway finishes the message
// as it stands after 120 s, or a handler that runs again continues it.
func (s *Stream) Abandon() {
	s.mutex.Lock()
	s.closed = true
	s.mutex.Unlock()
	s.quit()
	<-s.ended
}

func (s *Stream) finish() (envelope.Outbound, error) {
	s.Abandon()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.text) == 0 {
		return envelope.Outbound{}, ErrStreamEmpty
	}
	final := s.snapshot(string(s.text))
	final.Final = true
	return final, nil
}

// snapshot is called with the mutex held.
func (s *Stream) snapshot(text string) envelope.Outbound {
	s.seq = max(s.seq+1, time.Now().UnixMilli())
	return addressed(s.to, envelope.Outbound{
		Type: envelope.TypeStream, StreamID: s.o.ID, Seq: s.seq, Text: text,
		Format: s.o.Format, ReplyTo: s.o.ReplyTo, View: s.o.View, TraceID: s.o.TraceID,
	})
}

// whole cuts off a character of which only the beginning has come.
func whole(text []byte) string {
	for n := 1; n <= min(len(text), utf8.UTFMax-1); n++ {
		if b := text[len(text)-n]; utf8.RuneStart(b) {
			if !utf8.FullRune(text[len(text)-n:]) {
				return string(text[:len(text)-n])
			}
			break
		}
	}
	return string(text)
}
