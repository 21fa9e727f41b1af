package outbound

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// An entry that ends its node each time is dead after the third.
func TestPoison(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inside := make(chan struct{}, 1)
	b.platform.hang = func(ctx context.Context, part platform.Part) {
		if string(part.Body) == "poison" {
			inside <- struct{}{}
			<-ctx.Done()
		}
	}
	list, next := b.say("c", "k", "poison"), b.say("c", "k2", "fine")
	for i := range 3 {
		c := b.consumer("n" + strconv.Itoa(i))
		<-inside
		crash(c)
		b.vacate()
	}
	b.consumer("last")
	if r := b.receipt(list); r.Status != envelope.StatusDead || r.Error.Code != envelope.CodePoison {
		t.Errorf("receipt %+v", r)
	}
	if r := b.receipt(next); r.Status != envelope.StatusDelivered {
		t.Errorf("the next one: %+v", r)
	}
}

// A platform answers 500, again and again, while its nodes are replaced as
// planned: whoever takes the entry over found it at rest, and nobody crashed.
func TestPlannedRestartsAreNoCrashes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var up atomic.Bool
	tried := make(chan struct{}, 100)
	b.platform.fail = func(platform.Part, int) error {
		if up.Load() {
			return nil
		}
		tried <- struct{}{}
		return lost()
	}
	list := b.say("c", "k", "hello")
	for i := range 3 {
		c := b.consumer("n" + strconv.Itoa(i))
		<-tried
		b.stop(c)
		for len(tried) > 0 { // it may have been tried again meanwhile
			<-tried
		}
	}
	up.Store(true)
	b.consumer("last")
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
}

// A slow upload outlasts the hard limit of three planned stops in a row. Each
// of them ended it properly: it is no poison.
func TestStopsThatCannotDrainAreNoCrashes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var calls atomic.Int64
	inside := make(chan struct{}, 3)
	b.platform.hang = func(ctx context.Context, _ platform.Part) {
		if calls.Add(1) <= 3 {
			inside <- struct{}{}
			<-ctx.Done()
		}
	}
	list := b.say("c", "k", "a slow upload")
	for i := range 3 {
		c := b.consumer("n"+strconv.Itoa(i), func(c *Config) { c.Limits.Drain = 300 * time.Millisecond })
		<-inside
		b.stop(c)
	}
	b.consumer("last")
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
}
