package worker

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
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
	onBoth(t, func(t *testing.T, url string) {
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
	})
}

// TestConversation holds the Lua reader of addresses to what our own encoder
// and others write, and to garbage.
func TestConversation(t *testing.T) {
	t.Parallel()
	big := map[string]any{}
	for i := range 20 {
		big[fmt.Sprint("field", i)] = []any{i, -i * 1000, 1.5, true, nil, "text", []byte("bytes"), strings.Repeat("x", 300), map[string]any{"platform": "no"}}
	}
	pack := func(v any) string {
		data, err := msgpack.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	address := map[string]any{"platform": "chat", "channel_id": "c", "thread_id": "t"}
	behind := pack(map[string]any{"a": big, "address": address})
	cases := map[string]struct{ data, want string }{
		"json":                    {`{"event":"message","address":{"platform":"chat","channel_id":"c"}}`, "chat/c/"},
		"json with white space":   {"\n {\"address\":{\"platform\":\"chat\",\"channel_id\":\"c\",\"thread_id\":\"t\"}}", "chat/c/t"},
		"no address":              {`{"platform":"chat","channel_id":"c","thread_id":"t"}`, "chat/c/t"},
		"null address":            {`{"platform":"chat","channel_id":"c","address":null}`, "chat/c/"},
		"behind much":             {behind, "chat/c/t"},
		"no address, msgpack":     {pack(address), "chat/c/t"},
		"a status":                {`{"event":"status","platform":"chat","address":{"platform":"chat","channel_id":""}}`, "chat//"},
		"names that need escapes": {`{"platform":"chat","channel_id":"!a:b.c/d e","thread_id":"%"}`, "chat/!a:b.c%2Fd%20e/%25"},
		"long":                    {pack(map[string]any{"platform": strings.Repeat("p", 70000), "channel_id": "c"}), strings.Repeat("p", 70000) + "/c/"},
		"nothing":                 {"", "?"},
		"cut short":               {behind[:len(behind)-3], "?"},
		"a list":                  {pack([]any{1, 2}), "?"},
		"a number":                {"7", "?"},
		"a huge map":              {"\xdf\xff\xff\xff\xff", "?"},
		"broken json":             {`{"platform":"chat"`, "?"},
		"other types":             {`{"platform":7,"channel_id":["c"]}`, "?"},
	}
	onBoth(t, func(t *testing.T, url string) {
		for name, c := range cases {
			client := open(t, url, func(o *Options) { o.Names = envelope.NewNames(strings.ReplaceAll(name, " ", "-")) })
			id, want := sayData(t, client, c.data), c.want
			if want == "?" {
				want = "?/" + id
			}
			got := newTurns(client, lease, time.Hour, time.Minute).mustTake(t, t, request{token: "t", want: 1})
			if len(got.tickets) != 1 || got.tickets[0].conversation != want || got.tickets[0].fields["data"] != c.data {
				t.Errorf("%s: got %.200q; expected conversation %.200q", name, fmt.Sprint(got.tickets), want)
			}
		}
	})
}

// Whatever else an event has, in whatever order, the Lua reader finds the
// address that the Go one finds.
func TestConversationOfAnyEvent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, time.Minute)
		scalar := rapid.OneOf(
			rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Uint64().AsAny(), rapid.Float64().AsAny(), rapid.Bool().AsAny(),
			rapid.SliceOf(rapid.Byte()).AsAny(), rapid.StringN(200, 400, -1).AsAny(), rapid.Just[any](nil),
		)
		tree := rapid.OneOf(scalar, rapid.SliceOfN(scalar, 0, 20).AsAny(), rapid.MapOfN(rapid.String(), rapid.SliceOfN(scalar, 0, 3), 0, 20).AsAny())
		calls := 0
		rapid.Check(t, func(rt *rapid.T) {
			event := map[string]any{}
			for _, name := range []string{"a", "b", "content", "raw", "\xc3\xa4"} {
				event[name] = tree.Draw(rt, name)
			}
			name := rapid.StringN(1, 40, -1)
			address := map[string]any{"platform": name.Draw(rt, "platform"), "channel_id": name.Draw(rt, "channel"), "thread_id": rapid.String().Draw(rt, "thread"), "a": tree.Draw(rt, "more")}
			event["address"] = address
			data, err := msgpack.Marshal(event) // in no order
			if err != nil {
				rt.Fatal(err)
			}
			id := sayData(t, c, string(data))
			calls++
			got := turns.mustTake(rt, t, request{token: fmt.Sprint("t", calls), want: 1})
			want := escaped(address["platform"]) + "/" + escaped(address["channel_id"]) + "/" + escaped(address["thread_id"])
			if len(got.tickets) != 1 || got.tickets[0].id != id || got.tickets[0].conversation != want {
				rt.Fatalf("got %.300q; expected event %s in %q", fmt.Sprint(got.tickets), id, want)
			}
			if _, err := turns.done(t.Context(), got.tickets[0], nil); err != nil {
				rt.Fatal(err)
			}
		})
	})
}

func escaped(v any) string {
	var b strings.Builder
	for _, c := range []byte(v.(string)) {
		if c < 0x80 && strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:@#!+~=-", rune(c)) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func TestTakeWhoseAnswerWasLostIsTakenBack(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, time.Minute)
		first := say(t, c, "a", "1")
		say(t, c, "a", "2")
		turns.mustTake(t, t, request{token: "lost", want: 2})
		if got := turns.mustTake(t, t, request{token: "t2", want: 2}); len(got.tickets) != 0 {
			t.Fatalf("%+v was given away twice", got.tickets)
		}
		got := turns.mustTake(t, t, request{token: "t3", want: 2, doubt: "lost"})
		if len(got.tickets) != 1 || got.tickets[0].id != first || got.tickets[0].attempt != 1 {
			t.Errorf("got %+v; expected %s, attempt 1", got.tickets, first)
		}
	})
}

// What somebody reads without the recipe and leaves pending is found.
func TestTakeFindsWhatWasLeftPending(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, 0)
		turns.mustTake(t, t, request{token: "t1", want: 1}) // makes the group
		var said []string
		for i := range 3 {
			said = append(said, say(t, c, fmt.Sprint("c", i), "x"))
		}
		readPlainly(t, c)
		if got := turns.mustTake(t, t, request{token: "t2", want: 9}); len(got.tickets) != 0 {
			t.Fatalf("%+v: taken from somebody who may be at work on it", got.tickets)
		}
		got := turns.mustTake(t, t, request{token: "t3", want: 9, cursor: "0-0"})
		var ids []string
		for _, k := range got.tickets {
			ids = append(ids, k.id)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, said) || got.cursor != "0-0" {
			t.Errorf("found %v, cursor %s; expected %v", ids, got.cursor, said)
		}
	})
}

// A group that is destroyed is made anew, at 0, and its unfinished events come
// again, also if one of them is being handled.
func TestTakeMakesTheGroupAnew(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, time.Minute)
		say(t, c, "a", "1")
		second := say(t, c, "a", "2")
		one := turns.mustTake(t, t, request{token: "t1", want: 2})
		if !one.made || len(one.tickets) != 1 {
			t.Fatalf("the first take: %+v", one)
		}
		if err := c.redis.XGroupDestroy(t.Context(), turns.stream, turns.group).Err(); err != nil {
			t.Fatal(err)
		}
		if got := turns.mustTake(t, t, request{token: "t2", want: 2}); !got.made || len(got.tickets) != 0 {
			t.Errorf("with the group gone: %+v; expected it made, and nothing given away", got)
		}
		if ours, err := turns.done(t.Context(), one.tickets[0], nil); !ours || err != nil {
			t.Errorf("done: %v, %v", ours, err)
		}
		got := turns.mustTake(t, t, request{token: "t3", want: 2})
		if len(got.tickets) != 1 || got.tickets[0].id != second {
			t.Errorf("then %+v; expected %s", got.tickets, second)
		}
	})
}

// An event that is trimmed before its turn is counted, and the next one comes.
func TestTakeCountsWhatWasTrimmed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, time.Minute)
		say(t, c, "a", "1")
		trimmed := say(t, c, "a", "2")
		third := say(t, c, "a", "3")
		one := turns.mustTake(t, t, request{token: "t1", want: 3})
		if err := c.redis.XDel(t.Context(), turns.stream, trimmed).Err(); err != nil {
			t.Fatal(err)
		}
		if ours, err := turns.done(t.Context(), one.tickets[0], nil); !ours || err != nil {
			t.Fatalf("done: %v, %v", ours, err)
		}
		got := turns.mustTake(t, t, request{token: "t2", want: 1})
		if got.gone != 1 || len(got.tickets) != 1 || got.tickets[0].id != third {
			t.Errorf("%+v; expected one gone, and %s", got, third)
		}
	})
}

func TestDeadLetterThatCannotBeWrittenChangesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, time.Minute)
		say(t, c, "a", "1")
		one := turns.mustTake(t, t, request{token: "t1", want: 1})
		if err := c.redis.Set(t.Context(), c.Dead(), "mine", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := turns.done(t.Context(), one.tickets[0], []string{"code", "internal"}); err == nil {
			t.Error("a dead letter was written to a string")
		}
		if kept, _, err := turns.keep(t.Context(), one.tickets); err != nil || !kept[0] {
			t.Errorf("the event is not ours any more: %v, %v", kept, err)
		}
	})
}
