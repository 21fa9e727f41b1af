package bus

import (
	"errors"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		equal(t, "from an empty stream", read(t, s, "t1", 9), []ID(nil))
		ids := publish(t, s, "one", "two", "three")
		got, err := intake(t, s, "t1").Read(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "the first two", got, []Message{
			{ID: ids[0], Fields: Fields{"data", "one"}},
			{ID: ids[1], Fields: Fields{"data", "two"}},
		})
		equal(t, "the rest", read(t, s, "t1", 9), ids[2:])
		equal(t, "pending", pending(t, s), []string{ids[0].String() + " a", ids[1].String() + " a", ids[2].String() + " a"})
	})
}

func TestReadWithoutGroup(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		in := intake(t, s, "t1")
		if err := s.bus.client.XGroupDestroy(t.Context(), s.Name, s.Group).Err(); err != nil {
			t.Fatal(err)
		}
		noGroup := func(when string) {
			t.Helper()
			if _, err := in.Read(t.Context(), 1); !errors.Is(err, ErrNoGroup) {
				t.Errorf("Read %s: %v; want ErrNoGroup", when, err)
			}
			if _, err := in.ClaimPending(t.Context(), "0-0", 0, 1); !errors.Is(err, ErrNoGroup) {
				t.Errorf("ClaimPending %s: %v; want ErrNoGroup", when, err)
			}
		}
		noGroup("without the group")
		if err := s.bus.client.Del(t.Context(), s.Name).Err(); err != nil {
			t.Fatal(err)
		}
		noGroup("without the stream")

		ids := publish(t, s, "before the group")
		for i, want := range []bool{true, false} {
			if made, err := s.EnsureGroup(t.Context()); err != nil || made != want {
				t.Errorf("EnsureGroup, time %d: %v, %v; want %v", i+1, made, err, want)
			}
		}
		equal(t, "what stood there before", read(t, s, "t1", 9), ids)
	})
}

func TestReadForeignKey(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		in := intake(t, s, "t1")
		spoil(t, s, s.Name)
		if _, err := in.Read(t.Context(), 1); err == nil || errors.Is(err, ErrNoGroup) {
			t.Errorf("Read: %v; want Redis' own error", err)
		}
		if _, err := s.EnsureGroup(t.Context()); err == nil {
			t.Error("EnsureGroup took a string for a stream")
		}
	})
}

// TestReadWhenTheReplyIsLost: what was taken without our knowing is pending in
// our name, and a take-over finds it.
func TestReadWhenTheReplyIsLost(t *testing.T) {
	t.Parallel()
	s, proxy := lossy(t)
	hold(t, s, "t1")
	ids := publish(t, s, "one", "two")
	in := intake(t, s, "t1")
	proxy.DropReply(1)
	if _, err := in.Read(t.Context(), 1); err == nil {
		t.Fatal("the reply arrived")
	}
	in.Begin()
	c, err := in.ClaimPending(t.Context(), "0-0", 0, 9)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "taken over", c.IDs, ids[:1])
	equal(t, "read next", readOn(t, in, 9), ids[1:])
}

// TestReadArrivesLate: a read that was given up for lost takes nothing, even
// if Redis gets it only when the next round has begun.
func TestReadArrivesLate(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		in := intake(t, s, "t1")
		late := *in
		ids := publish(t, s, "one")
		in.Begin()
		refused := func(who string, i *Intake) {
			t.Helper()
			before := snapshot(t, s)
			if got, err := i.Read(t.Context(), 9); err == nil || !strings.Contains(err.Error(), "LATE") {
				t.Errorf("%s: %v, %v; want it refused as late", who, got, err)
			}
			unchanged(t, s, before)
		}
		refused("before what is pending was claimed", in)
		takeOver(t, in)
		refused("of the round before", &late)
		equal(t, "of this round", readOn(t, in, 9), ids)
		hold(t, s, "t2")
		refused("in a tenure that has not claimed yet", s.NewIntake("t2"))
	})
}

func TestFetch(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := publish(t, s, "one", "two", "three")
		if err := s.bus.client.XDel(t.Context(), s.Name, ids[1].String()).Err(); err != nil {
			t.Fatal(err)
		}
		got, err := s.Fetch(t.Context(), []ID{ids[2], ids[1], ids[0]})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "in the order asked for, less what is gone", got, []Message{
			{ID: ids[2], Fields: Fields{"data", "three"}},
			{ID: ids[0], Fields: Fields{"data", "one"}},
		})
		if n := got[0].Size(); n != len("data")+len("three") {
			t.Errorf("size %d", n)
		}
	})
}
