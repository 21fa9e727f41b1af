package bus

import (
	"testing"

	"github.com/posternhq/postern/internal/redistest"
)

// audit counts what was lost since the last one.
func audit(t *testing.T, i *Intake) int {
	t.Helper()
	n, err := i.Audit(t.Context())
	if err != nil {
		t.Fatalf("Audit: %v", err)
	}
	return n
}

func trimTo(t *testing.T, s *Stream, length int64) {
	t.Helper()
	if err := s.bus.client.XTrimMaxLen(t.Context(), s.Name, length).Err(); err != nil {
		t.Fatalf("XTRIM: %v", err)
	}
}

// TestAudit: what was trimmed before anybody read it is counted once, when all
// that was left has been read; what we delete ourselves is not.
func TestAudit(t *testing.T) {
	t.Parallel()
	s := openStream(t, redistest.Start(t).URL())
	hold(t, s, "t1")
	publish(t, s, "before", "the first", "audit")
	trimTo(t, s, 2)
	in := intake(t, s, "t1")
	readOn(t, in, 9)
	equal(t, "at the first audit", audit(t, in), 0)

	publish(t, s, "1", "2", "3", "4", "5")
	trimTo(t, s, 3)
	equal(t, "while some are unread", audit(t, in), 0)
	ids := readOn(t, in, 2)
	equal(t, "while one is unread", audit(t, in), 0)
	ids = append(ids, readOn(t, in, 9)...)
	equal(t, "two were trimmed", audit(t, in), 2)
	equal(t, "and are counted once", audit(t, in), 0)

	for _, id := range ids {
		settle(t, s, "t1", Settlement{Entry: id.String(), Fate: FateKeep, Part: -1})
	}
	equal(t, "finished ones", audit(t, in), 0)

	publish(t, s, "all", "of", "them")
	trimTo(t, s, 0)
	hold(t, s, "t2")
	equal(t, "in the next tenure", audit(t, intake(t, s, "t2")), 3)
}

// TestAuditOverAGroupMadeAgain: what is read a second time, and a stream that
// begins anew, are no loss and hide none that comes after.
func TestAuditOverAGroupMadeAgain(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]func(*testing.T, *Stream) error{
		"the group": func(t *testing.T, s *Stream) error {
			return s.bus.client.XGroupDestroy(t.Context(), s.Name, s.Group).Err()
		},
		"the stream": func(t *testing.T, s *Stream) error { return s.bus.client.Del(t.Context(), s.Name).Err() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openStream(t, redistest.Start(t).URL())
			hold(t, s, "t1")
			in := intake(t, s, "t1")
			publish(t, s, "1", "2", "3")
			readOn(t, in, 9)
			equal(t, "read", audit(t, in), 0)
			if err := key(t, s); err != nil {
				t.Fatal(err)
			}
			equal(t, "while it is gone", audit(t, in), 0)
			if _, err := s.EnsureGroup(t.Context()); err != nil {
				t.Fatal(err)
			}
			publish(t, s, "4")
			equal(t, "made again", audit(t, in), 0)
			readOn(t, in, 9)
			equal(t, "read again", audit(t, in), 0)
			publish(t, s, "5", "6")
			trimTo(t, s, 0)
			equal(t, "trimmed after that", audit(t, in), 2)
		})
	}
}

// TestAuditOnTheEmbedded: it keeps no count, so nothing is made up.
func TestAuditOnTheEmbedded(t *testing.T) {
	t.Parallel()
	s := openStream(t, EmbeddedURL)
	hold(t, s, "t1")
	in := intake(t, s, "t1")
	for range 2 {
		publish(t, s, "1", "2", "3")
		trimTo(t, s, 1)
		readOn(t, in, 9)
		equal(t, "trimmed", audit(t, in), 0)
	}
}

// TestTallyInTheWay: a key that is no tally stops the counting, which says so,
// and not the reading.
func TestTallyInTheWay(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		spoil(t, s, s.keys.tally)
		ids := publish(t, s, "1")
		in := intake(t, s, "t1")
		equal(t, "read", readOn(t, in, 9), ids)
		if s.bus.embedded != nil {
			return // it has nothing to count
		}
		if _, err := in.Audit(t.Context()); !refused(err) {
			t.Errorf("%v; want what is in the way", err)
		}
	})
}
