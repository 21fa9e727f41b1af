package delivery

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestQueueIsFirstInFirstOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var q queue[*int]
		var model []*int
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				v := rapid.Int().Draw(t, "v")
				q.push(&v)
				model = append(model, &v)
			},
			"insert": func(t *rapid.T) {
				i, a, b := rapid.IntRange(0, len(model)).Draw(t, "i"), rapid.Int().Draw(t, "a"), rapid.Int().Draw(t, "b")
				q.insert(i, &a, &b)
				model = slices.Insert(slices.Clone(model), i, &a, &b)
			},
			"pop": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				if got := q.pop(); got != model[0] {
					t.Fatalf("pop: %d, want %d", *got, *model[0])
				}
				model = model[1:]
			},
			"setLast": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				v := rapid.Int().Draw(t, "v")
				q.setLast(&v)
				model[len(model)-1] = &v
			},
			"": func(t *rapid.T) {
				if q.len() != len(model) {
					t.Fatalf("len: %d, want %d", q.len(), len(model))
				}
				if len(model) > 0 && (q.first() != model[0] || q.last() != model[len(model)-1]) {
					t.Fatalf("first %d, last %d; want %d, %d", *q.first(), *q.last(), *model[0], *model[len(model)-1])
				}
				if q.head*2 > len(q.items) {
					t.Fatalf("%d of %d places are used up and kept", q.head, len(q.items))
				}
				kept := slices.Concat(q.items[:q.head], q.items[len(q.items):cap(q.items)])
				if i := slices.IndexFunc(kept, func(v *int) bool { return v != nil }); i >= 0 {
					t.Fatalf("an item that was taken out is kept alive: %d", *kept[i])
				}
			},
		})
	})
}
