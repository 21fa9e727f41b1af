package wire

import (
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func heads(items []Item) []int64 {
	out := make([]int64, len(items))
	for i, item := range items {
		out[i] = item.N
	}
	return out
}

// TestAfterGivesWhatIsKeptInOrder holds After against a list that forgets
// nothing.
func TestAfterGivesWhatIsKeptInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log, added := NewLog(), rapid.IntRange(0, 3*kept).Draw(t, "added")
		for range added {
			log.Add(Item{Kind: KindEvent})
		}
		after := rapid.Int64Range(-3, int64(added)+3).Draw(t, "after")
		limit := rapid.IntRange(1, 2*kept).Draw(t, "limit")
		items, _ := log.After(after, limit)
		next := max(after, int64(added-kept), 0) + 1
		want := min(max(int64(added)-next+1, 0), int64(limit))
		if int64(len(items)) != want {
			t.Fatalf("%d items, want %d", len(items), want)
		}
		for i, n := range heads(items) {
			if n != next+int64(i) {
				t.Fatalf("item %d is number %d, want %d", i, n, next+int64(i))
			}
		}
	})
}

func TestAfterTellsWhenThereIsMore(t *testing.T) {
	t.Parallel()
	log := NewLog()
	_, more := log.After(0, 1)
	select {
	case <-more:
		t.Fatal("told of an item that nobody added")
	default:
	}
	log.Add(GatewayItem(time.Unix(5, 0), "back", "after 1 s", false, map[string]int{"pid": 7}))
	<-more
	if items, _ := log.After(0, 1); len(items) != 1 || string(items[0].Data) != `{"pid":7}` || items[0].At != 5 {
		t.Errorf("%+v", items)
	}
}
