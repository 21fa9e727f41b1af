package bus

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
)

// newest is the last entry of the stream.
func newest(t *testing.T, s *Stream) (id string, fields map[string]any) {
	t.Helper()
	last, err := s.bus.client.XRevRangeN(t.Context(), s.Name, "+", "-", 1).Result()
	if err != nil || len(last) != 1 {
		t.Fatalf("the last entry: %v, %v", last, err)
	}
	return last[0].ID, last[0].Values
}

// TestReplay: the parts that were sent are kept, and the claim is open again
// for the new entry, for ever.
func TestReplay(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		entry, key := taken(t, s, "x")[0], s.MessageClaim("x")
		sending(t, s, "t1", key, entry)
		mark(t, s, "t1", MarkRequest{Key: key, Entry: entry, Step: 2, State: ClaimSending, Part: 1, Parts: 2, Attempts: 2, Recorded: true, Before: "id of the first"})
		record := die(t, s, entry, key)
		dead := readOne(t, s, key)

		again, err := s.Replay(t.Context(), s.Dead(), record)
		if err != nil {
			t.Fatal(err)
		}
		id, fields := newest(t, s)
		equal(t, "new entry", again, id)
		ts, err := strconv.ParseFloat(fields["ts"].(string), 64)
		if d := time.Since(time.UnixMilli(int64(ts * 1000))).Abs(); err != nil || d > time.Minute {
			t.Errorf("ts %v, %v; want now, in seconds", fields["ts"], err)
		}
		delete(fields, "ts")
		equal(t, "its fields", fields, map[string]any{"data": "envelope", "trace_id": "trace", "replay_of": entry})

		want := dead
		want.State, want.Entry, want.Error = ClaimClaimed, again, nil
		equal(t, "claim", readOne(t, s, key), want)
		equal(t, "ids kept", want.IDs, PartIDs{{0, "id of the first"}})
		equal(t, "plan kept", string(want.Plan), "plan")
		if ttl := s.bus.client.PTTL(t.Context(), key).Val(); ttl > 0 {
			t.Errorf("the claim expires in %v; want never, before its end", ttl)
		}
		before := snapshot(t, s)
		if _, err := s.Replay(t.Context(), s.Dead(), record); !errors.Is(err, ErrGone) {
			t.Errorf("replayed again: %v; want ErrGone", err)
		}
		unchanged(t, s, before)
	})
}

// TestReplayRefuses: a key that has since become another entry's, or that is
// no claim, is not taken from it.
func TestReplayRefuses(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "1", "2")
		theirs, foreign := s.MessageClaim("theirs"), s.MessageClaim("foreign")
		records := map[string]string{theirs: die(t, s, ids[0], theirs), foreign: die(t, s, ids[1], foreign)}
		claim(t, s, "t1", ClaimRequest{Key: theirs, Entry: "9-9"})
		spoil(t, s, foreign)
		before := snapshot(t, s)
		for key, why := range map[string]string{theirs: "held by entry 9-9", foreign: "a string and no claim"} {
			if _, err := s.Replay(t.Context(), s.Dead(), records[key]); err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v; want it refused: %s", key, err, why)
			}
		}
		unchanged(t, s, before)
	})
}

// TestReplayWithoutAKeyKeepsItsRoot: the first entry names the envelope for
// ever, so that over any number of replays it is one message.
func TestReplayWithoutAKeyKeepsItsRoot(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		root := taken(t, s, "x")[0]
		key := s.EntryClaim(root)
		entry := root
		for n := range 3 {
			sending(t, s, "t1", key, entry)
			again, err := s.Replay(t.Context(), s.Dead(), die(t, s, entry, key))
			if err != nil {
				t.Fatalf("replay %d: %v", n+1, err)
			}
			if _, fields := newest(t, s); fields["replay_of"] != root {
				t.Errorf("replay %d is of %v; want %s", n+1, fields["replay_of"], root)
			}
			equal(t, "read again", read(t, s, "t1", 9)[0].String(), again)
			equal(t, "the claim's entry", readOne(t, s, key).Entry, again)
			entry = again
		}
	})
}

// TestReplayWithoutAClaim: one that expired, or that there never was, is no
// obstacle, and none is made.
func TestReplayWithoutAClaim(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		entry := taken(t, s, "x")[0]
		again, err := s.Replay(t.Context(), s.Dead(), die(t, s, entry, ""))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "new entry", read(t, s, "t1", 9)[0].String(), again)
		for key := range snapshot(t, s) {
			if strings.Contains(key, "claim:") || strings.Contains(key, "none") {
				t.Errorf("it made %s", key)
			}
		}
	})
}
