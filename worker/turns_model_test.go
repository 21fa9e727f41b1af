package worker

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

// lease of tests that end it by hand.
const lease = time.Hour

func (t *turns) mustTake(tb rapid.TB, ctx testing.TB, q request) taken {
	got, err := t.take(ctx.Context(), q)
	if err != nil {
		tb.Fatalf("take: %v", err)
	}
	return got
}

// expire ends the lease of a conversation, as time does.
func (t *turns) expire(tb rapid.TB, ctx testing.TB, conversation string) {
	if err := t.redis.ZAddArgs(ctx.Context(), t.turn, zadd(conversation)).Err(); err != nil {
		tb.Fatal(err)
	}
}

// model is what the recipe promises, in plain words.
type model struct {
	waiting  map[string][]string // conversation: its unfinished events, in order
	holder   map[string]ticket   // conversation: who has its first
	over     map[string]bool     // conversation: that one's lease is over
	attempts map[string]int      // event
	stale    []ticket            // tickets that somebody still has, good or not
}

func (m *model) free(conversation string) bool {
	_, held := m.holder[conversation]
	return len(m.waiting[conversation]) > 0 && (!held || m.over[conversation])
}

// TestTurns holds the scripts to the model, over several workers, in any order
// of steps, with workers that die and tickets that come back late.
func TestTurns(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL()
	world := 0
	rapid.Check(t, func(rt *rapid.T) {
		world++
		c := open(t, url, func(o *Options) { o.Names = envelope.NewNames(fmt.Sprintf("world%d", world)) })
		workers := []*turns{newTurns(c, lease, time.Hour, time.Minute), newTurns(c, lease, time.Hour, time.Minute)}
		workers[1].consumer = "other"
		m := &model{waiting: map[string][]string{}, holder: map[string]ticket{}, over: map[string]bool{}, attempts: map[string]int{}}
		tokens := 0

		take := func(rt *rapid.T, w *turns, want int) taken {
			tokens++
			got := w.mustTake(rt, t, request{token: fmt.Sprint("t", tokens), want: want})
			if len(got.tickets) > want {
				rt.Fatalf("%d events, of at most %d", len(got.tickets), want)
			}
			for _, k := range got.tickets {
				if !m.free(k.conversation) {
					rt.Fatalf("%s was given away while %+v has it (waiting: %v)", k.conversation, m.holder[k.conversation], m.waiting[k.conversation])
				}
				if first := m.waiting[k.conversation][0]; k.id != first {
					rt.Fatalf("%s was given away, expected the conversation's first, %s", k.id, first)
				}
				m.attempts[k.id]++
				if k.attempt != m.attempts[k.id] {
					rt.Fatalf("attempt %d of %s, expected %d", k.attempt, k.id, m.attempts[k.id])
				}
				m.holder[k.conversation], m.over[k.conversation] = k, false
				m.stale = append(m.stale, k)
			}
			if len(got.tickets) < want && !got.more {
				for conversation := range m.waiting {
					if m.free(conversation) {
						rt.Fatalf("%s is free and was not given away", conversation)
					}
				}
			}
			return got
		}
		finish := func(rt *rapid.T, k ticket) {
			ours, err := workers[0].done(t.Context(), k, nil)
			if err != nil {
				rt.Fatal(err)
			}
			if has := m.holder[k.conversation]; ours != (has.id == k.id && has.token == k.token) {
				rt.Fatalf("done(%+v) says %v, while %+v has the conversation", k, ours, has)
			}
			if ours {
				delete(m.holder, k.conversation)
				m.waiting[k.conversation] = m.waiting[k.conversation][1:]
			}
		}
		some := func(rt *rapid.T) ticket {
			if len(m.stale) == 0 {
				rt.Skip("nobody has anything")
			}
			return rapid.SampledFrom(m.stale).Draw(rt, "ticket")
		}

		rt.Repeat(map[string]func(*rapid.T){
			"say": func(rt *rapid.T) {
				channel := rapid.SampledFrom([]string{"a", "ä ö/%", ""}).Draw(rt, "channel")
				enc := rapid.SampledFrom([]envelope.Encoding{envelope.MessagePack, envelope.JSON}).Draw(rt, "encoding")
				conversation := "chat/" + channel + "/"
				if channel == "ä ö/%" {
					conversation = "chat/%C3%A4%20%C3%B6%2F%25/"
				}
				m.waiting[conversation] = append(m.waiting[conversation], sayEvent(t, c, enc, message(channel, "x")))
			},
			"take": func(rt *rapid.T) {
				take(rt, rapid.SampledFrom(workers).Draw(rt, "worker"), rapid.IntRange(1, 3).Draw(rt, "want"))
			},
			"done": func(rt *rapid.T) { finish(rt, some(rt)) },
			"again": func(rt *rapid.T) {
				k, counts := some(rt), rapid.Bool().Draw(rt, "counts")
				ours, err := workers[0].again(t.Context(), k, 0, counts)
				if err != nil {
					rt.Fatal(err)
				}
				if has := m.holder[k.conversation]; ours != (has.id == k.id && has.token == k.token) {
					rt.Fatalf("again(%+v) says %v, while %+v has the conversation", k, ours, has)
				}
				if ours {
					delete(m.holder, k.conversation)
					if !counts {
						m.attempts[k.id]--
					}
				}
			},
			"keep": func(rt *rapid.T) {
				k := some(rt)
				kept, _, err := workers[0].keep(t.Context(), []ticket{k})
				if err != nil {
					rt.Fatal(err)
				}
				if has := m.holder[k.conversation]; kept[0] != (has.id == k.id && has.token == k.token) {
					rt.Fatalf("keep(%+v) says %v, while %+v has the conversation", k, kept, has)
				}
				if kept[0] {
					m.over[k.conversation] = false
				}
			},
			"die": func(rt *rapid.T) {
				k := some(rt)
				if m.holder[k.conversation].token == k.token {
					workers[0].expire(rt, t, k.conversation)
					m.over[k.conversation] = true
				}
			},
		})

		for conversation := range m.holder {
			workers[0].expire(rt, t, conversation)
			m.over[conversation] = true
		}
		for open := true; open; {
			got := take(rt, workers[0], 2)
			for _, k := range got.tickets {
				finish(rt, k)
			}
			open = len(got.tickets) > 0 || got.more
		}
		if len(m.attempts) > 0 {
			if l := left(t, c); l != "" {
				rt.Fatalf("all is finished, but %s", l)
			}
		}
	})
}
