package worker

import (
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/redistest"
)

// A list of replies whose time has run out begins anew, and may be as long as
// what was read of the one before: each reply is kept, once.
func TestRepliesOfAListThatBeginsAnew(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: redistest.Start(t).Addr})
	t.Cleanup(func() { _ = client.Close() })
	const list = "calls"
	crowd := New(Config{Redis: client, Envelopes: 4})
	crowd.calls[list] = true
	push := func(id string) {
		t.Helper()
		if err := client.RPush(t.Context(), list, `{"request_id":"`+id+`","ok":true,"result":{}}`).Err(); err != nil {
			t.Fatal(err)
		}
	}
	listen := func() {
		t.Helper()
		if err := crowd.Listen(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	push("1")
	listen()
	push("2")
	listen()
	listen()
	if err := client.Del(t.Context(), list).Err(); err != nil {
		t.Fatal(err)
	}
	listen()
	push("3")
	push("4")
	listen()
	var ids []string
	for _, r := range crowd.replies {
		ids = append(ids, r.RequestID)
	}
	if want := []string{"1", "2", "3", "4"}; !slices.Equal(ids, want) {
		t.Errorf("heard %v; want %v", ids, want)
	}
}
