package bus

import (
	"context"
	"sync"
	"testing"
)

// TestRereader: of many who ask at once each gets its own entry, and who asks
// for one that is gone is told so.
func TestRereader(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := publish(t, s, "one", "two", "three", "four")
		if err := s.bus.client.XDel(t.Context(), s.Name, ids[1].String()).Err(); err != nil {
			t.Fatal(err)
		}
		want := []string{"one", "", "three", "four"}
		again := s.NewRereader()
		var wait sync.WaitGroup
		for i := range 200 {
			wait.Go(func() {
				i %= len(ids)
				m, found, err := again.Read(t.Context(), ids[i])
				if err != nil || found != (want[i] != "") || dataOf(m) != want[i] {
					t.Errorf("entry %d: %+v, %v, %v", i, m, found, err)
				}
			})
		}
		wait.Wait()
	})
}

// TestRereaderGathers: what is asked for while a round trip is under way comes
// with the next one, at most as much as the ration says; a failure is told.
func TestRereaderGathers(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := publish(t, s, "one", "two", "three")
		again := s.NewRereader()
		var batches []int
		entered, letGo := make(chan struct{}), make(chan struct{})
		again.reads.run = func(ctx context.Context, batch []ID) ([][]Message, error) {
			if batches = append(batches, len(batch)); len(batches) == 1 {
				close(entered)
				<-letGo
			}
			return again.readBatch(ctx, batch)
		}
		var wait sync.WaitGroup
		ask := func() {
			wait.Go(func() {
				if m, found, err := again.Read(t.Context(), ids[2]); !found || dataOf(m) != "three" {
					t.Errorf("%+v, %v, %v", m, found, err)
				}
			})
		}
		ask()
		<-entered
		for range 2*rationFirst + 1 {
			asked, at, begin := again.reads.waiting.join(ids[0])
			if begin {
				t.Error("two batches at once")
			}
			wait.Go(func() {
				if got, err := asked.wait(t.Context(), at); err != nil || len(got) != 1 || got[0].ID != ids[0] {
					t.Errorf("gathered: %+v, %v", got, err)
				}
			})
		}
		close(letGo)
		wait.Wait()
		equal(t, "batches", batches, []int{1, rationFirst, rationFirst, 1})

		if err := s.bus.client.Del(t.Context(), s.Name).Err(); err != nil {
			t.Fatal(err)
		}
		spoil(t, s, s.Name)
		if _, _, err := again.Read(t.Context(), ids[0]); err == nil {
			t.Error("an entry came out of a key that is no stream")
		}
	})
}

func dataOf(m Message) string {
	data, _ := m.Fields.Get("data")
	return data
}
