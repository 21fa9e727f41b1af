package harness

import (
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seenAs is what a faultless gateway makes of a talk.
func seenAs(talk []Said) []Request {
	seen := make([]Request, len(talk))
	for i, s := range talk {
		seen[i] = Request{ID: "id-" + s.Key, MessageKey: s.Key, ChannelID: s.Channel, Text: s.Text, Accepted: true}
	}
	return seen
}

// A checker that finds nothing proves nothing: each case breaks a faultless
// history in one way, and says what must be found.
func TestViolations(t *testing.T) {
	t.Parallel()
	talk := Talk("t", 6, 2)
	talk[5].Key = ""
	for name, c := range map[string]struct {
		spoil func([]Request) []Request
		find  string // empty: nothing
	}{
		"faultless":      {spoil: func(r []Request) []Request { return r }},
		"resent same id": {spoil: func(r []Request) []Request { return append(r, r[0]) }},
		"refused at once": {spoil: func(r []Request) []Request {
			refused := r[0]
			refused.Accepted = false
			return append([]Request{refused}, r...)
		}},
		"other interleaving of channels": {spoil: func(r []Request) []Request {
			r[0], r[1] = r[1], r[0]
			return r
		}},
		"lost":         {spoil: func(r []Request) []Request { return r[:5] }, find: "lost"},
		"only refused": {spoil: func(r []Request) []Request { r[5].Accepted = false; return r }, find: "lost"},
		"twice": {spoil: func(r []Request) []Request {
			again := r[0]
			again.ID = "other"
			return append(r, again)
		}, find: "another webhook-id"},
		"reordered": {spoil: func(r []Request) []Request {
			r[0], r[2] = r[2], r[0]
			return r
		}, find: "place 1 where 0 was due"},
		"keyless, twice": {spoil: func(r []Request) []Request {
			again := r[5]
			again.ID = "other"
			return append(r, again)
		}, find: "another webhook-id"},
		"two messages, one id": {spoil: func(r []Request) []Request { r[1].ID = r[0].ID; return r }, find: "has the webhook-id of"},
		"wrong channel":        {spoil: func(r []Request) []Request { r[5].ChannelID = "t-000"; return r }, find: "never said"},
		"wrong text":           {spoil: func(r []Request) []Request { r[3].Text = "?"; return r }, find: "never said"},
		"wrong key":            {spoil: func(r []Request) []Request { r[3].MessageKey = "?"; return r }, find: `seen with key "?"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := strings.Join(Violations(talk, c.spoil(seenAs(talk))), "\n")
			if (found == "") != (c.find == "") || !strings.Contains(found, c.find) {
				t.Errorf("found %q; expected %q", found, c.find)
			}
		})
	}
}

func TestResentCountsRequestsBeyondTheFirst(t *testing.T) {
	t.Parallel()
	seen := seenAs(Talk("t", 3, 1))
	if n := Resent(append(seen, seen[0], seen[0], seen[2])); n != 3 {
		t.Errorf("Resent: %d, expected 3", n)
	}
}

func TestTalkTakesTurns(t *testing.T) {
	t.Parallel()
	talk := Talk("t", 5, 2)
	var got []string
	for _, s := range talk {
		got = append(got, s.Channel+"/"+s.Key)
	}
	const expected = "t-000/t-000-0000 t-001/t-001-0000 t-000/t-000-0001 t-001/t-001-0001 t-000/t-000-0002"
	if strings.Join(got, " ") != expected {
		t.Errorf("Talk: %v", got)
	}
}

func TestSumSamples(t *testing.T) {
	t.Parallel()
	const exposition = `# HELP postern_x_total of x
# TYPE postern_x_total counter
postern_x_total{platform="hook",reason="forbidden"} 2
postern_x_total{platform="hook",reason="type"} 3
postern_x_total{platform="other",reason="type"} 1e1
postern_x_total_created 7
postern_plain 4
`
	for _, c := range []struct {
		name   string
		labels []string
		sum    float64
	}{
		{"postern_x_total", nil, 15},
		{"postern_x_total", []string{`platform="hook"`}, 5},
		{"postern_x_total", []string{`platform="hook"`, `reason="type"`}, 3},
		{"postern_plain", nil, 4},
		{"postern_absent", nil, 0},
	} {
		if sum, err := sumSamples(exposition, c.name, c.labels); sum != c.sum || err != nil {
			t.Errorf("%s%v: %v, %v; expected %v", c.name, c.labels, sum, err, c.sum)
		}
	}
	if _, err := sumSamples("postern_x many\n", "postern_x", nil); err == nil {
		t.Error("a sample that is no number passes")
	}
}
