package bus

import (
	"strings"
	"testing"
)

func TestReply(t *testing.T) {
	t.Parallel()
	r := newReply([]any{int64(1), "2", "x", nil, []any{"5-1"}})
	equal(t, "numbers", []int64{r.int(), r.int()}, []int64{1, 2})
	equal(t, "text", r.string(), "x")
	equal(t, "nil is an empty list", r.list().more(), false)
	equal(t, "id", r.list().id(), ID{5, 1})
	equal(t, "more", r.more(), false)
	if err := r.err("s"); err != nil {
		t.Error(err)
	}
}

// TestReplyTellsWhatDoesNotFit: once, at any depth, and without the values,
// which may be people's messages.
func TestReplyTellsWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for want, walk := range map[string]func() *reply{
		"a string where a list was expected": func() *reply { return newReply("secret") },
		"a text where a number was expected": func() *reply { r := newReply([]any{"secret"}); r.int(); return r },
		"a <nil> where a number":             func() *reply { r := newReply([]any{nil}); r.int(); return r },
		"a int64 where a text":               func() *reply { r := newReply([]any{int64(1)}); _ = r.string(); return r },
		"ended early":                        func() *reply { r := newReply([]any{}); r.int(); return r },
		"a int64 where a list":               func() *reply { r := newReply([]any{int64(1)}); r.list(); return r },
		`stream id "x"`:                      func() *reply { r := newReply([]any{[]any{"x"}}); r.list().id(); return r },
	} {
		r := walk()
		err := r.err("settle")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "redis script settle: ") {
			t.Errorf("%v; want the script's name and %q", err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%v bears the value", err)
		}
		if r.more() {
			t.Errorf("%s: it goes on", want)
		}
	}
}
