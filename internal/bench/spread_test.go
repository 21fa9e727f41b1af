package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3, 1}},
		{[]float64{9, 1, 4}, Spread{1, 4, 9, 3}},
		{[]float64{9, 1, 4, 6}, Spread{1, 5, 9, 4}},
	} {
		if got := SpreadOf(c.values); got != c.want {
			t.Errorf("%v: %+v; want %+v", c.values, got, c.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for i := 100; i > 0; i-- {
		all = append(all, time.Duration(i))
	}
	for share, want := range map[float64]time.Duration{0.01: 1, 0.5: 50, 0.99: 99, 1: 100} {
		if got := Percentile(all, share); got != want {
			t.Errorf("%v of 1 to 100: %d; want %d", share, got, want)
		}
	}
	if got := Percentile(nil, 0.5); got != 0 {
		t.Errorf("of none: %v", got)
	}
}

// TestStamp: whoever gets an envelope, or its text, knows when it was made, and
// its key is nobody else's.
func TestStamp(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 123_456_789)
	for _, enc := range []envelope.Encoding{envelope.MessagePack, envelope.JSON} {
		l := Load{Lanes: 3, Bytes: 500, Encoding: enc}
		data := l.Envelope(7, at)
		if got, ok := Stamped(data); !ok || !got.Equal(at) {
			t.Errorf("%s: stamped %v, %v; want %v", enc, got, ok, at)
		}
		if n := len(data); n < 500 || n > 504 {
			t.Errorf("%s: %d bytes; want 500, and a few for a longer head", enc, n)
		}
		decoded, fault := envelope.DecodeOutbound(data, envelope.DefaultLimits())
		if fault != nil {
			t.Fatal(fault)
		}
		if o := decoded.Envelope; o.ChannelID != "channel-1" || o.MessageKey == l.message(8, at).MessageKey {
			t.Errorf("%s: channel %s, key %s", enc, o.ChannelID, o.MessageKey)
		}
	}
	for _, text := range []string{"", "@", "a@b.c 0123456789012345678901234567890", "@0000"} {
		if _, ok := Stamped([]byte(text)); ok {
			t.Errorf("%q is stamped", text)
		}
	}
}

// TestMoved: a figure has moved if it is outside of what it was and by more than
// the noise; by its ratio, if it has one, so that the machine may be another.
func TestMoved(t *testing.T) {
	t.Parallel()
	report := func(machine string, rate, yard []float64, cost ...float64) *Report {
		r := &Report{Machine: Machine{CPU: machine}}
		r.Add("Drain", "rate", "messages/s", rate, "bare loop", yard)
		r.Add("Cost", "time", "µs", cost, "", nil)
		return r
	}
	before := report("a", []float64{90, 100, 110}, []float64{1000, 1000, 1000}, 5, 6, 7)
	for name, c := range map[string]struct {
		now  *Report
		says []string
	}{
		"the same":                  {report("a", []float64{95, 105}, []float64{1000, 1000}, 6, 6), []string{"2 of 2 figures"}},
		"slower":                    {report("a", []float64{50, 55}, []float64{1000, 1000}, 6, 6), []string{"- Drain, rate", "-48 %", "1 of 2"}},
		"a faster machine":          {report("b", []float64{200, 210}, []float64{2000, 2000}, 1, 1), []string{"1 of 1"}},
		"dearer":                    {report("a", []float64{100}, []float64{1000}, 9, 9), []string{"- Cost, time: 9 µs, was 6", "1 of 2"}},
		"within what its runs were": {report("a", []float64{70, 120}, []float64{1000, 1000}, 4, 7.5), []string{"2 of 2"}},
	} {
		var b strings.Builder
		if err := c.now.WriteMoved(&b, before); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.says {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: no %q in\n%s", name, want, b.String())
			}
		}
	}
}

// TestMarkdown: the rows of a group stand together, in the order the groups came.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	r := &Report{}
	r.Add("one", "a", "µs", []float64{12345, 23456, 34567}, "", nil)
	r.Add("two", "b", "ms", []float64{0.5}, "a", []float64{0.25})
	r.Add("one", "c", "B", []float64{7}, "", nil).Note = "so"
	var b strings.Builder
	if err := r.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	at := 0
	for _, want := range []string{
		"**one**", "| a | 23,456 | 12,345 … 34,567 | µs |", "| c (so) | 7 |", "**two**", "| b | 0.500 |", "2.00 (2.00 … 2.00) | a |",
	} {
		i := strings.Index(got[at:], want)
		if i < 0 {
			t.Fatalf("no %q behind the one before in\n%s", want, got)
		}
		at += i
	}
}
