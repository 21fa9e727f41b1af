package worker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

// TestConversation holds the Lua reader of addresses to what our own encoder
// and others write, and to garbage.
func TestConversation(t *testing.T) {
	t.Parallel()
	big := map[string]any{}
	for i := range 20 {
		big[fmt.Sprint("field", i)] = []any{i, -i * 1000, 1.5, true, nil, "text", []byte("bytes"), strings.Repeat("x", 300), map[string]any{"platform": "no"}}
	}
	pack := func(v any) string {
		var data strings.Builder
		encoder := msgpack.NewEncoder(&data)
		encoder.SetSortMapKeys(true) // what is cut off must be in the address, not before it
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
		return data.String()
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
	url := redistest.Start(t).URL()
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
