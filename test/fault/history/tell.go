package history

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
)

// most is how many lines of a history are told; its middle is left out.
const most = 60

// clock is how times are told: of the day, to the millisecond.
const clock = "15:04:05.000"

// name is an operation in a few words.
func name(a *act) string {
	what := string(a.Type)
	if a.Type == envelope.TypeStream {
		what = fmt.Sprintf("snapshot %d", a.Seq)
	}
	if a.Key != "" {
		what += fmt.Sprintf(" %q", a.Key)
	}
	if len(a.Shows) > 0 && a.Type != envelope.TypeDelete {
		what += fmt.Sprintf(" (%s)", strings.ReplaceAll(a.Shows[0], "\n", " | "))
	}
	if a.Target != "" {
		what += fmt.Sprintf(" about %q", a.Target)
	}
	if a.Channel != "" {
		what += " in " + strings.TrimSuffix(a.Channel+"/"+a.Thread, "/")
	}
	return what
}

// event is one line of what is told.
type event struct {
	at   time.Time
	text string
}

// tell is all that is known of these operations, in order, with what was done
// to the world meanwhile.
func (j *judge) tell(acts ...*act) []string {
	var events []event
	add := func(at time.Time, format string, args ...any) {
		events = append(events, event{at, fmt.Sprintf(format, args...)})
	}
	for _, a := range acts {
		for _, s := range a.said {
			entry := "entry " + s.Entry
			if s.Entry == "" {
				entry = "its answer was lost"
			}
			add(s.At, "%s published %s%s: %s", s.Worker, name(a), times(a), entry)
		}
		for _, s := range a.seen {
			events = append(events, event{s.At, told(s)})
		}
		for _, r := range a.receipts {
			add(moment(r.At), "receipt of %s: %s%s, ids %q%s", r.EntryID, r.Status, flag(r.PossibleDuplicate), r.MessageIDs, because(r.Error))
		}
		for _, r := range a.dead {
			add(written(r), "dead letter of %s: %s %s", r.Entry, r.Code, r.Error)
		}
		for _, r := range a.parked {
			add(written(r), "parked record of %s: %s, ids %q", r.Entry, r.Error, r.MessageIDs)
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	if len(events) == 0 {
		return nil
	}
	return j.render(events, events[0].at, events[len(events)-1].at)
}

// between is what was done to the world in a time.
func (j *judge) between(from, to time.Time) []string { return j.render(nil, from, to) }

func (j *judge) render(events []event, from, to time.Time) []string {
	for _, f := range j.faults {
		if f.From.After(to) || f.until().Before(from.Add(-2*j.promise.Lease)) {
			continue
		}
		text := fmt.Sprintf("  -- %s %s %s", f.Kind, f.Node, f.Note)
		if !f.To.IsZero() {
			text += fmt.Sprintf(", for %v", f.To.Sub(f.From).Round(time.Millisecond))
		}
		events = append(events, event{f.From, text})
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	var lines []string
	for i, e := range events {
		if len(events) > most && i == most/2 {
			lines = append(lines, fmt.Sprintf("... %d more ...", len(events)-most))
		}
		if len(events) <= most || i < most/2 || i >= len(events)-most/2 {
			lines = append(lines, e.at.Format(clock)+" "+e.text)
		}
	}
	return lines
}

// times are an operation's, if it has any.
func times(a *act) (text string) {
	if !a.NotBefore.IsZero() {
		text += ", not before " + a.NotBefore.Format(clock)
	}
	if !a.ExpiresAt.IsZero() {
		text += ", expires at " + a.ExpiresAt.Format(clock)
	}
	return text
}

// told is one request in a line.
func told(s Seen) string {
	became := "refused"
	switch {
	case s.Effect:
		became = "took effect"
	case s.Taken:
		became = "was known"
	}
	return fmt.Sprintf("%s sent %s %q part %d of %d, key %s: %s as %q, answer %d %s",
		s.Node, s.Type, s.Show, s.Part+1, s.Count, s.Key, became, s.MessageID, s.Status, s.Answer)
}

func flag(doubtful bool) string {
	if doubtful {
		return ", possible_duplicate"
	}
	return ""
}

func because(e *envelope.Error) string {
	if e == nil {
		return ""
	}
	return ", " + e.Error()
}

func moment(unix float64) time.Time { return time.UnixMilli(int64(unix * 1000)) }

// written is when a record was: its id says so.
func written(r Record) time.Time {
	at, _ := parseID(r.ID)
	return time.UnixMilli(int64(at.ms)) //nolint:gosec // milliseconds fit
}
