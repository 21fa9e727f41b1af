package bus

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
)

// die finishes an entry, whose claim is at sending, as dead, and returns the
// id of its record.
func die(t *testing.T, s *Stream, entry, key string) string {
	t.Helper()
	id, err := ParseID(entry)
	if err != nil {
		t.Fatal(err)
	}
	letter := Letter{MessageKey: "x", Code: "invalid", Data: []byte("envelope"), TS: "17", TraceID: "trace"}
	settle(t, s, "t1", Settlement{
		Entry: entry, Claim: key, Fate: FateDead, Remember: time.Hour, Part: -1, Error: []byte("{}"),
		Record: RecordDead, Fields: RecordFields(s.Name, id, key, letter),
	})
	last, err := s.bus.client.XRevRangeN(t.Context(), s.Dead(), "+", "-", 1).Result()
	if err != nil || len(last) != 1 {
		t.Fatalf("the record: %v, %v", last, err)
	}
	return last[0].ID
}

func TestLetterReadsWhatWasRecorded(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		want := Letter{
			Entry: "5-1", Stream: s.Name, MessageKey: "k", Code: "invalid", Field: "content.text", Error: "no", Attempt: "3",
			Data: []byte{0xff, 0}, TS: "1.5", TraceID: "trace", MessageIDs: "a b", StartedAt: "2.5", claim: "c",
		}
		fields := RecordFields(s.Name, ID{5, 1}, "c", want)
		entry := taken(t, s, "x")[0]
		settle(t, s, "t1", Settlement{Entry: entry, Fate: FateKeep, Part: -1, Record: RecordParked, Fields: fields})
		list, err := s.Letters(t.Context(), s.Parked(), "", 9)
		if err != nil || len(list) != 1 {
			t.Fatalf("Letters: %+v, %v; want one", list, err)
		}
		got, err := s.Letter(t.Context(), s.Parked(), list[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		want.ID = list[0].ID
		if got.claim != want.claim {
			t.Errorf("claim %q; want %q", got.claim, want.claim)
		}
		got.claim, want.claim = "", "" // cmp does not see into it
		equalLetters(t, got, want)
	})
}

func equalLetters(t *testing.T, got, want Letter) {
	t.Helper()
	if string(got.Data) != string(want.Data) {
		t.Errorf("data %q; want %q", got.Data, want.Data)
	}
	pair := [2]Letter{got, want}
	for i := range pair {
		pair[i].Data = nil
	}
	equal(t, "letter", strings.Join(RecordFields(pair[0].ID, ID{}, "", pair[0]), "|"), strings.Join(RecordFields(pair[1].ID, ID{}, "", pair[1]), "|"))
	equal(t, "entry and stream", got.Entry+" "+got.Stream, want.Entry+" "+want.Stream)
}

func TestLettersPages(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		var want []string
		for _, entry := range taken(t, s, "1", "2", "3") {
			want = append(want, die(t, s, entry, ""))
		}
		var got []string
		for after := ""; ; {
			page, err := s.Letters(t.Context(), s.Dead(), after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range page {
				got = append(got, l.ID)
				after = l.ID
			}
			if len(page) < 2 {
				break
			}
		}
		equal(t, "records", got, want)
	})
}

func TestLetterThatIsNotThere(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		die(t, s, taken(t, s, "x")[0], "")
		before := snapshot(t, s)
		for name, call := range map[string]func(id string) error{
			"Letter": func(id string) error { _, err := s.Letter(t.Context(), s.Dead(), id); return err },
			"Drop":   func(id string) error { return s.Drop(t.Context(), s.Dead(), id) },
			"Replay": func(id string) error { _, err := s.Replay(t.Context(), s.Dead(), id); return err },
		} {
			if err := call("1-1"); !errors.Is(err, ErrGone) {
				t.Errorf("%s of a record that is not there: %v; want ErrGone", name, err)
			}
			if err := call("latest"); err == nil || errors.Is(err, ErrGone) {
				t.Errorf("%s of a word that is no id: %v; want to be told so", name, err)
			}
		}
		unchanged(t, s, before)
	})
}

func TestDrop(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "1", "2", "3", "4")
		mine, reopened, foreign := s.MessageClaim("mine"), s.MessageClaim("reopened"), s.MessageClaim("foreign")
		sending(t, s, "t1", mine, ids[0])
		sending(t, s, "t1", reopened, ids[1])
		records := []string{die(t, s, ids[0], mine), die(t, s, ids[1], reopened), die(t, s, ids[2], foreign), die(t, s, ids[3], "")}
		if err := s.bus.client.HSet(t.Context(), reopened, "entry", "9-9", "state", "claimed").Err(); err != nil {
			t.Fatal(err)
		}
		spoil(t, s, foreign)
		before := snapshot(t, s)
		for _, id := range records {
			if err := s.Drop(t.Context(), s.Dead(), id); err != nil {
				t.Errorf("Drop: %v", err)
			}
			if err := s.Drop(t.Context(), s.Dead(), id); !errors.Is(err, ErrGone) {
				t.Errorf("dropped again: %v; want ErrGone", err)
			}
		}
		after := snapshot(t, s)
		equal(t, "its claim", after[mine], "")
		equal(t, "a claim that another entry has since", after[reopened], before[reopened])
		equal(t, "a key that is no claim", after[foreign], before[foreign])
		equal(t, "records", s.bus.client.XLen(t.Context(), s.Dead()).Val(), int64(0))
	})
}

// TestDropHalfAnID: no id of the same millisecond is taken for it.
func TestDropHalfAnID(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		key := s.MessageClaim("x")
		fields := RecordFields(s.Name, ID{1, 0}, key, Letter{Data: []byte("x")})
		c := s.bus.client
		if err := c.Do(t.Context(), append([]any{"XADD", s.Dead(), "5-3"}, anys(fields)...)...).Err(); err != nil {
			t.Fatal(err)
		}
		if err := c.HSet(t.Context(), key, "entry", "1-0", "state", "dead").Err(); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, s)
		if err := s.Drop(t.Context(), s.Dead(), "5"); !errors.Is(err, ErrGone) {
			t.Errorf("Drop 5, where 5-3 is: %v; want ErrGone", err)
		}
		unchanged(t, s, before)
	})
}

// TestDropWhenRedisIsFull: it is what makes room.
func TestDropWhenRedisIsFull(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := openStream(t, server.URL())
	id := die(t, s, taken(t, s, "x")[0], "")
	server.Config("maxmemory", "1")
	if err := s.Drop(t.Context(), s.Dead(), id); err != nil {
		t.Errorf("Drop: %v", err)
	}
}

func anys(texts []string) []any {
	var out []any
	for _, s := range texts {
		out = append(out, s)
	}
	return out
}
