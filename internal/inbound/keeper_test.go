package inbound

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// kept is a stream whose Redis can be gone.
type kept struct {
	mu      sync.Mutex
	gone    bool
	group   bool
	lose    int64
	rounds  int
	retains time.Duration
}

func (k *kept) EnsureGroup(context.Context) (made bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rounds++
	if k.gone {
		return false, errors.New("redis is gone")
	}
	made, k.group = !k.group, true
	return made, nil
}

func (k *kept) Trim(_ context.Context, retention time.Duration) (bus.Trimmed, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.retains = retention
	n := k.lose
	k.lose = 0
	return bus.Trimmed{Entries: n, Needed: n}, nil
}

// set takes Redis away, and all that is in it, or brings it back.
func (k *kept) set(gone bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.gone, k.group = gone, false
}

func TestKeeper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var lost int64
		stream := &kept{lose: 3}
		k := &Keeper{
			Stream: stream, Every: time.Second, Retention: time.Hour,
			Log: slog.New(slog.NewTextHandler(&log, nil)), Lost: func(n int64) { lost += n },
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan struct{})
		go func() {
			defer close(done)
			k.Run(ctx)
		}()

		synctest.Wait()
		if !stream.group || stream.retains != time.Hour || lost != 3 {
			t.Errorf("at once: group %v, retention %v, lost %d; want true, 1h, 3", stream.group, stream.retains, lost)
		}
		stream.set(true)
		time.Sleep(10*time.Second + time.Millisecond) // the bubble's clock
		synctest.Wait()
		stream.set(false)
		time.Sleep(time.Second)
		synctest.Wait()
		if !stream.group || stream.rounds != 12 {
			t.Errorf("Redis came back empty: group %v after %d rounds; want it made again in the twelfth", stream.group, stream.rounds)
		}
		cancel()
		<-done
		for text, want := range map[string]int{
			"made the workers' group": 2, "not kept for now": 1, "kept again": 1, "events=3": 1,
		} {
			if n := strings.Count(log.String(), text); n != want {
				t.Errorf("%q was logged %d times; want %d\n%s", text, n, want, log.String())
			}
		}
	})
}
