package history

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
)

func TestAHistoryThatKeepsThePromise(t *testing.T) {
	t.Parallel()
	for _, p := range classes {
		t.Run(p.Name(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				h, m := generate(t, p, 20)
				for _, v := range Check(h, m.p).Broken {
					t.Error(v)
				}
			})
		})
	}
}

// delivered is a message that was delivered whole, made if there is none yet.
func (m *model) delivered() *Operation {
	for _, op := range m.told {
		return op
	}
	op := m.message("-")
	entry := m.publish(op)
	var ids []string
	for part, what := range op.Shows {
		ids = append(ids, m.request(op, part, what, 200, Given, true))
	}
	m.receipt(op, entry, envelope.StatusDelivered, ids, false, nil)
	m.told = append(m.told, op)
	return op
}

func TestEveryBreachIsFound(t *testing.T) {
	t.Parallel()
	for _, b := range slices.Concat(breaches(), breachesOfTime(), breachesOfRecord(), breachesOfDoubt(), breachesOfLists()) {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			var on []Promise
			for _, p := range classes {
				if b.only == nil || b.only(p) {
					on = append(on, p)
				}
			}
			rapid.Check(t, func(t *rapid.T) {
				_, m := generate(t, rapid.SampledFrom(on).Draw(t, "platform"), 8)
				m.delivered()
				if !b.inject(m) {
					return
				}
				broken := Check(m.h, m.p).Broken
				if !slices.ContainsFunc(broken, func(v Violation) bool { return v.Promise == b.find }) {
					t.Fatalf("on a platform with %s: not found; found %v", m.p.Name(), broken)
				}
			})
		})
	}
}

// TestAFlagOfAnEntryThatNobodyKnows: the answer to its XADD was lost, and it has
// no key: its receipt is known by its message, and another one's is not it.
func TestAFlagOfAnEntryThatNobodyKnows(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_800_000_000, 0)
	op := &Operation{Type: envelope.TypeMessage, Channel: "c", Shows: []string{"hello"}, Receipt: true}
	seen := func(id string, answer Answer) Seen {
		return Seen{At: start, Node: "n1", Type: op.Type, Channel: "c", Show: "hello", Count: 1, Taken: true, Effect: true, Status: 200, Answer: answer, MessageID: id}
	}
	for names, broken := range map[string]int{"m2": 0, "m3": 1} {
		r := Check(History{
			Said: []Said{{At: start, Operation: op}},
			Seen: []Seen{seen("m1", Lost), seen("m2", Given)},
			Receipts: []Receipt{{Receipt: envelope.Receipt{
				EntryID: "1800000000000-0", Status: envelope.StatusDelivered, MessageIDs: []string{names}, PossibleDuplicate: true, At: 1_800_000_001,
			}}},
		}, Promise{OnUnknown: resend, Lease: time.Second})
		if len(r.Broken) != broken {
			t.Errorf("a flag of %s: broken %v; want %d", names, r.Broken, broken)
		}
	}
}

// TestAViolationIsReadable: it names the promise, and tells what happened in
// order, faults between.
func TestAViolationIsReadable(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_800_000_000, 0).UTC()
	op := &Operation{Type: envelope.TypeMessage, Channel: "c", Key: "k", Shows: []string{"hello"}, Receipt: true}
	h := History{
		Said:   []Said{{Entry: "1-0", Worker: "w1", At: start, Operation: op}},
		Seen:   []Seen{{At: start.Add(time.Second), Node: "n1", Key: "p", Type: op.Type, Channel: "c", Show: "hello", Count: 1, Status: 200, Answer: Lost, Taken: true, Effect: true, MessageID: "m1"}},
		Faults: []Fault{{Kind: Killed, Node: "n1", From: start.Add(500 * time.Millisecond)}},
	}
	broken := Check(h, Promise{NativeKey: true}).Broken
	if len(broken) != 1 {
		t.Fatalf("broken: %v", broken)
	}
	text := broken[0].String()
	at := -1
	for _, want := range []string{"nothing is lost", "1-0 asked for a receipt and got none", "w1 published", "kill n1", "n1 sent message"} {
		i := strings.Index(text, want)
		if i <= at {
			t.Errorf("%q is not there, or not in its place, in\n%s", want, text)
		}
		at = i
	}
}

// BenchmarkCheck: how long ten thousand operations take.
func BenchmarkCheck(b *testing.B) {
	m := rapid.Custom(func(t *rapid.T) *model {
		_, m := generate(t, classes[0], 8000)
		return m
	}).Example(1)
	if n := len(m.h.Said); n < 10_000 {
		b.Fatalf("only %d were said", n)
	}
	for b.Loop() {
		Check(m.h, m.p)
	}
}
