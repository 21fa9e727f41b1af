package worker

import (
	"context"
	"fmt"
	"testing"

	"github.com/posternhq/postern/internal/redistest"
)

// Every script keeps to one slot, and receipts come, on a Cluster too.
func TestCluster(t *testing.T) {
	t.Parallel()
	masters := redistest.StartCluster(t)
	c := open(t, masters[0].URL()+"?addr="+masters[1].Addr)
	const n = 20
	for i := range n {
		say(t, c, fmt.Sprint("c", i%3), fmt.Sprint(i))
	}
	handled := make(chan string, 2*n)
	stop := receiving(t, c, quick(), func(ctx context.Context, m *Message) error {
		if m.Attempt == 1 && m.Content == "4" {
			return Permanent(context.DeadlineExceeded)
		}
		handled <- m.Content
		return m.Reply(ctx, "heard "+m.Content)
	})
	for range n - 1 {
		await(t, handled, "an event")
	}
	stop()
	if l := left(t, c); l != "" {
		t.Error(l)
	}
	if dead := letters(t, c); len(dead) != 1 {
		t.Errorf("dead letters: %v", dead)
	}
	if waiting, err := c.redis.XLen(t.Context(), "postern:outbound:chat").Result(); waiting != n-1 || err != nil {
		t.Errorf("%d answers were published, %v", waiting, err)
	}

	const list = "postern:reply:mine"
	if err := c.redis.RPush(t.Context(), list, `{"entry_id":"1-1","status":"delivered","message_ids":["m"]}`).Err(); err != nil {
		t.Fatal(err)
	}
	if r, err := c.Wait(t.Context(), list); err != nil || r.MessageIDs[0] != "m" {
		t.Errorf("%+v, %v", r, err)
	}
}
