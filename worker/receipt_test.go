package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

type waited struct {
	receipt envelope.Receipt
	err     error
}

func waiting(c *Client, ctx context.Context, out envelope.Outbound) <-chan waited {
	done := make(chan waited, 1)
	go func() {
		r, err := c.PublishAndWait(ctx, out)
		done <- waited{r, err}
	}()
	return done
}

func TestReceiptsFindTheirWaiters(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	const n = 200
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			text := fmt.Sprint("m", i)
			r, err := c.PublishAndWait(t.Context(), Text(lobby, text))
			if err != nil || len(r.MessageIDs) != 1 || r.MessageIDs[0] != text {
				t.Errorf("%s got %+v, %v", text, r, err)
			}
		})
	}
	// In another order than they came, and each twice.
	var all []arrival
	for range n {
		all = append(all, g.next())
	}
	for i := n - 1; i >= 0; i-- {
		g.deliver(all[i], all[i].Text)
		g.deliver(all[i], all[i].Text)
	}
	wg.Wait()
}

func TestReceiptOfWhatWasNotDelivered(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	done := waiting(c, t.Context(), Text(lobby, "x"))
	a := g.next()
	g.push(a.ReceiptTo, envelope.Receipt{EntryID: a.id, Status: envelope.StatusDead, Error: &envelope.Error{Code: envelope.CodeForbidden, Message: "not there"}})
	got := await(t, done, "the receipt")
	var undelivered *DeliveryError
	var why *envelope.Error
	if !errors.As(got.err, &undelivered) || undelivered.Receipt.EntryID != a.id || !errors.As(got.err, &why) || why.Code != envelope.CodeForbidden {
		t.Errorf("%+v, %v", got.receipt, got.err)
	}
}

// A receipt that Redis gave out on a connection that broke is not lost.
func TestReceiptOutlastsLostAnswers(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := redistest.NewProxy(t, s)
	c, g := open(t, p.URL()), newGateway(t, s.Client())
	for nth := range 4 {
		done := waiting(c, t.Context(), Text(lobby, "x"))
		a := g.next()
		for c.inbox.idleFor(a.id) { // the XADD's answer is not the one to lose
			pause(t.Context(), time.Millisecond)
		}
		lost := p.DropReply(nth + 1)
		g.deliver(a, "id")
		if got := await(t, done, "the receipt"); got.err != nil || got.receipt.MessageIDs[0] != "id" {
			t.Errorf("%+v, %v", got.receipt, got.err)
		}
		next := waiting(c, t.Context(), Text(lobby, "more traffic"))
		await(t, lost, "an answer is lost")
		select {
		case a = <-g.arrivals:
			g.deliver(a, "id")
		case <-next: // the lost answer was the XADD's
		}
	}
}

func (b *inbox) idleFor(id string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.waiting[id] == nil
}

func TestReceiptThatDoesNotComeInTime(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	ctx, cancel := context.WithCancel(t.Context())
	done := waiting(c, ctx, Text(lobby, "late"))
	late := g.next()
	cancel()
	if got := await(t, done, "the end of waiting"); !errors.Is(got.err, context.Canceled) {
		t.Errorf("%v", got.err)
	}
	g.deliver(late, "late")
	next := waiting(c, t.Context(), Text(lobby, "next"))
	g.deliver(g.next(), "next")
	if got := await(t, next, "the next receipt"); got.err != nil || got.receipt.MessageIDs[0] != "next" {
		t.Errorf("%+v, %v", got.receipt, got.err)
	}
	c.inbox.close()
	if n, err := s.Client().Exists(t.Context(), c.inbox.list).Result(); n != 0 || err != nil {
		t.Errorf("the list is left behind: %v", err)
	}
}

func TestCloseEndsWaiting(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	done := waiting(c, t.Context(), Text(lobby, "x"))
	g.next()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if got := await(t, done, "the end of waiting"); got.err == nil {
		t.Errorf("%+v", got.receipt)
	}
	if _, err := c.PublishAndWait(t.Context(), Text(lobby, "x")); err == nil {
		t.Error("a closed client waits")
	}
}

func TestWaitOnAListOfOnesOwn(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	out := Text(lobby, "x")
	out.ReceiptTo = "postern:reply:order-17"
	if _, err := c.PublishAndWait(t.Context(), out); err == nil {
		t.Error("PublishAndWait took a list of the caller's")
	}
	if _, err := c.Publish(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	g.deliver(g.next(), "id")
	if r, err := c.Wait(t.Context(), out.ReceiptTo); err != nil || r.MessageIDs[0] != "id" {
		t.Errorf("%+v, %v", r, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := c.Wait(ctx, out.ReceiptTo); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("once more: %v", err)
	}
}
