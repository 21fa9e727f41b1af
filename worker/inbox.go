package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

const (
	inboxBlock = time.Second    // one blocking read
	inboxPage  = 128            // answers read in one go
	inboxKept  = 24 * time.Hour // of the list, should this process die
)

// inbox is the one list that a client's receipts and replies come to, and the
// goroutine that hands them to whoever waits.
//
// An answer is looked at where it lies and removed only after it has been
// handed over: one that was popped on a connection that then broke would be
// lost. So it may be seen twice; the second time nobody waits for it.
type inbox struct {
	redis redis.UniversalClient
	list  string
	log   *slog.Logger

	mutex   sync.Mutex
	waiting map[string]chan []byte // by entry or request id
	flights int                    // envelopes on their way, whose entry ids are not known yet
	early   map[string][]byte      // answers that may be theirs
	started bool
	closed  bool
	wake    chan struct{} // buffered: somebody waits
	stop    context.CancelFunc
	done    chan struct{}
}

func newInbox(client redis.UniversalClient, list string, log *slog.Logger) *inbox {
	return &inbox{
		redis: client, list: list, log: log,
		waiting: map[string]chan []byte{}, early: map[string][]byte{},
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// errClosed is what everything ends with after Close.
var errClosed = errors.New("the client is closed")

// expect returns the channel that the answer with this id will come to, once.
func (b *inbox) expect(id string) (<-chan []byte, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.closed {
		return nil, errClosed
	}
	b.begin()
	return b.register(id), nil
}

// publish runs add, and expects the answer with the id that add returns, which
// may have come before.
func (b *inbox) publish(add func() (id string, err error)) (id string, answer <-chan []byte, err error) {
	b.mutex.Lock()
	if b.closed {
		b.mutex.Unlock()
		return "", nil, errClosed
	}
	b.begin()
	b.flights++
	b.mutex.Unlock()
	b.nudge()

	id, err = add()

	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.flights--
	if err == nil {
		answer = b.register(id)
		if data, ok := b.early[id]; ok {
			b.hand(id, data)
		}
	}
	if b.flights == 0 {
		clear(b.early)
	}
	return id, answer, err
}

// forget is for who has waited long enough.
func (b *inbox) forget(id string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	delete(b.waiting, id)
}

func (b *inbox) register(id string) chan []byte {
	answer := make(chan []byte, 1)
	b.waiting[id] = answer
	b.nudge()
	return answer
}

// hand gives an answer to whoever waits for it. Called with the mutex held.
func (b *inbox) hand(id string, data []byte) {
	if answer, ok := b.waiting[id]; ok {
		answer <- data // its one value: there is room
		delete(b.waiting, id)
	} else if b.flights > 0 {
		b.early[id] = data
	}
}

func (b *inbox) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// begin starts the reader with the first that waits. Called with the mutex
// held.
func (b *inbox) begin() {
	if b.started {
		return
	}
	b.started = true
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	go b.read(ctx)
}

func (b *inbox) close() {
	b.mutex.Lock()
	started := b.started
	b.closed = true
	b.mutex.Unlock()
	if started {
		b.stop()
		<-b.done
	}
}

func (b *inbox) idle() bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return len(b.waiting) == 0 && b.flights == 0
}

// read goes on until ctx ends; nothing is asked of Redis while nobody waits.
func (b *inbox) read(ctx context.Context) {
	defer close(b.done)
	defer b.remove(ctx)
	pause := backoff{least: 50 * time.Millisecond, most: 2 * time.Second}
	for ctx.Err() == nil {
		if b.idle() {
			select {
			case <-b.wake:
			case <-ctx.Done():
			}
			continue
		}
		err := b.page(ctx)
		if err == nil {
			pause.reset()
			continue
		}
		if ctx.Err() == nil && pause.tries == 0 {
			b.log.Warn("receipts and replies cannot be read; trying again", "list", b.list, "error", err)
		}
		pause.wait(ctx)
	}
}

// remove leaves nothing behind: nobody else knows the list's name.
func (b *inbox) remove(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), inboxBlock)
	defer cancel()
	if err := b.redis.Del(ctx, b.list).Err(); err != nil {
		b.log.Debug("a list of receipts is left to expire", "list", b.list, "error", err)
	}
}

// page waits for an answer and hands over all that are there.
func (b *inbox) page(ctx context.Context) error {
	// From the left to the left: the first one stays where it is.
	err := b.redis.BLMove(ctx, b.list, b.list, "left", "left", inboxBlock).Err()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	if err != nil {
		return err
	}
	answers, err := b.redis.LRange(ctx, b.list, 0, inboxPage-1).Result()
	if err != nil {
		return err
	}
	b.mutex.Lock()
	for _, a := range answers {
		if id := answerID([]byte(a)); id != "" {
			b.hand(id, []byte(a))
		} else {
			b.log.Warn("neither a receipt nor a reply", "list", b.list, "bytes", len(a))
		}
	}
	b.mutex.Unlock()
	_, err = b.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, a := range answers {
			p.LRem(ctx, b.list, 1, a)
		}
		// A list that never empties would go with its first answer's expiry.
		p.PExpire(ctx, b.list, inboxKept)
		return nil
	})
	return err
}

// answerID is what an answer is known by: the entry's id of a receipt, the
// request's of a reply.
func answerID(data []byte) string {
	if r, err := envelope.DecodeReceipt(data); err == nil && r.EntryID != "" {
		return r.EntryID
	}
	r, err := envelope.DecodeReply(data)
	if err != nil {
		return ""
	}
	return r.RequestID
}
