package bus

import (
	"errors"
	"testing"
)

func TestRead(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		equal(t, "from an empty stream", read(t, s, "t1", 9), []ID(nil))
		ids := publish(t, s, "one", "two", "three")
		got, err := s.Read(t.Context(), "t1", 2)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "the first two", got, []Message{
			{ID: ids[0], Fields: map[string]string{"data": "one"}},
			{ID: ids[1], Fields: map[string]string{"data": "two"}},
		})
		equal(t, "the rest", read(t, s, "t1", 9), ids[2:])
		equal(t, "pending", pending(t, s), []string{ids[0].String() + " a", ids[1].String() + " a", ids[2].String() + " a"})
	})
}

func TestReadWithoutGroup(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		if err := s.bus.client.XGroupDestroy(t.Context(), s.Name, s.Group).Err(); err != nil {
			t.Fatal(err)
		}
		noGroup := func(when string) {
			t.Helper()
			if _, err := s.Read(t.Context(), "t1", 1); !errors.Is(err, ErrNoGroup) {
				t.Errorf("Read %s: %v; want ErrNoGroup", when, err)
			}
			if _, err := s.ClaimPending(t.Context(), "t1", "0-0", 0, 1); !errors.Is(err, ErrNoGroup) {
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
		acquire(t, s, "t1", "", -1)
		spoil(t, s, s.Name)
		if _, err := s.Read(t.Context(), "t1", 1); err == nil || errors.Is(err, ErrNoGroup) {
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
	proxy.DropReply(1)
	if _, err := s.Read(t.Context(), "t1", 1); err == nil {
		t.Fatal("the reply arrived")
	}
	c, err := s.ClaimPending(t.Context(), "t1", "0-0", 0, 9)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "taken over", c.IDs, ids[:1])
	equal(t, "read next", read(t, s, "t1", 9), ids[1:])
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
			{ID: ids[2], Fields: map[string]string{"data": "three"}},
			{ID: ids[0], Fields: map[string]string{"data": "one"}},
		})
		if n := got[0].Size(); n != len("data")+len("three") {
			t.Errorf("size %d", n)
		}
	})
}
