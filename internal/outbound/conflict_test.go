package outbound

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
)

// holder is a key's first publication, and how far it has come when the next
// one comes.
type holder struct {
	name   string
	first  []any // its fields, beside a message's
	status envelope.Status
	drop   string        // the record that an operator drops then: dead or parked
	free   bool          // nothing is left of it that holds the key
	code   envelope.Code // its error, which its duplicates tell, too
	ids    int
}

func holders() []holder {
	park := []any{"text", "a|lost", "on_unknown", "park"}
	return []holder{
		{name: "running", first: []any{"text", "slow"}, ids: 1},
		{name: "delivered", status: envelope.StatusDelivered, ids: 1},
		{name: "dead", first: []any{"text", "a|forbidden"}, status: envelope.StatusDead, code: envelope.CodeForbidden, ids: 1},
		{name: "parked", first: park, status: envelope.StatusParked, code: envelope.CodeUnknown, ids: 1},
		{name: "expired", first: []any{"expires_at", 1}, status: envelope.StatusExpired, code: envelope.CodeExpired},
		{name: "superseded", first: []any{"type", "presence", "status", "online"}, status: envelope.StatusSuperseded, free: true},
		{name: "dropped when dead", first: []any{"text", "forbidden"}, status: envelope.StatusDead, drop: "dead", free: true},
		{name: "dropped when expired", first: []any{"expires_at", 1}, status: envelope.StatusExpired, drop: "dead", free: true},
		{name: "dropped when parked", first: park, status: envelope.StatusParked, drop: "parked", free: true},
	}
}

// A key is published again, as it was or with other content, while the first
// one runs, or after it ended in any way: on_conflict says what other content
// is, and only that. What is left of nothing holds no key.
func TestOnConflict(t *testing.T) {
	t.Parallel()
	for _, h := range holders() {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			slow := make(chan struct{})
			endAsTold(b.platform, slow)
			b.consumer("n1")
			first := b.say("c", "k", "as it was", h.first...)
			if h.status == "" {
				b.until("it runs", func() bool { return b.platform.busy("c") })
			} else if r := b.ends(first, h.status); len(r.MessageIDs) != h.ids && !h.free {
				t.Fatalf("the first has %v", r.MessageIDs)
			}
			if h.drop != "" {
				b.drop(h.drop)
			}
			if h.free {
				b.ends(b.say("d", "k", "other", "on_conflict", "dead"), envelope.StatusDelivered)
				return
			}
			same := b.say("c", "k", "as it was", append(h.first, "on_conflict", "dead")...)
			other := b.say("d", "k", "other", "on_conflict", "dead")
			if r := b.ends(other, envelope.StatusDead); r.Error == nil || r.Error.Code != envelope.CodeConflict || len(r.MessageIDs) != 0 || r.Attempts != 0 {
				t.Errorf("other content, to be told: %+v %+v", r, r.Error)
			}
			kept := b.say("e", "k", "other", "on_conflict", "keep_first")
			byDefault := b.say("f", "k", "other")
			close(slow)
			for what, list := range map[string]string{"as it was": same, "other content": kept, "other content, by default": byDefault} {
				r := b.ends(list, envelope.StatusDuplicate)
				if len(r.MessageIDs) != h.ids || (r.Error != nil) != (h.code != "") || r.Error != nil && r.Error.Code != h.code {
					t.Errorf("%s: %+v %+v", what, r, r.Error)
				}
				if told := strings.Contains(strings.Join(r.Warnings, "|"), "other content"); told != (what != "as it was") {
					t.Errorf("%s: warnings %q", what, r.Warnings)
				}
			}
			b.awaitEmpty()
			for _, channel := range []string{"d", "e", "f"} {
				if got := b.platform.seen(channel); got != "" {
					t.Errorf("channel %s shows %q", channel, got)
				}
			}
		})
	}
}

// drop drops the one record of a kind.
func (b *bench) drop(kind string) {
	b.t.Helper()
	op := b.operator()
	records := map[string]string{"dead": op.Dead(), "parked": op.Parked()}[kind]
	letters, err := op.Letters(b.t.Context(), records, "", 10)
	if err != nil || len(letters) != 1 {
		b.t.Fatalf("%s records %v, %v; want one", kind, letters, err)
	}
	if err := op.Drop(b.t.Context(), records, letters[0].ID); err != nil {
		b.t.Fatal(err)
	}
}
