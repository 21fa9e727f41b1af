package bus

import (
	"context"
	"sync"
)

// turns has those in this process who change the same record do so one after
// the other. Else, of many at once, each round one would get on, and all would
// be sent the record again.
type turns struct {
	mutex sync.Mutex
	of    map[recordName]*turn
}

type turn struct {
	free  chan struct{} // holds a value while nobody has it
	users int           // who have it or wait for it; the mutex guards it
}

// take waits for the turn, or the end of ctx. Who has it calls done.
func (t *turns) take(ctx context.Context, name recordName) (done func(), err error) {
	t.mutex.Lock()
	its, ok := t.of[name]
	if !ok {
		its = &turn{free: make(chan struct{}, 1)}
		its.free <- struct{}{}
		t.of[name] = its
	}
	its.users++
	t.mutex.Unlock()
	select {
	case <-its.free:
		return func() {
			its.free <- struct{}{}
			t.leave(name, its)
		}, nil
	case <-ctx.Done():
		t.leave(name, its)
		return nil, ctx.Err()
	}
}

func (t *turns) leave(name recordName, its *turn) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if its.users--; its.users == 0 {
		delete(t.of, name)
	}
}
