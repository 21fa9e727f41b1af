package bus

import (
	"errors"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
)

func acquire(t *testing.T, s *Stream, token, replace string, renewals int64) Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), token, "node of "+token, time.Hour, replace, renewals)
	if err != nil {
		t.Fatalf("Acquire: %v", err)
	}
	if off := time.Since(l.Now).Abs(); off > time.Minute {
		t.Errorf("Redis' clock is %v off ours", off)
	}
	l.Now = time.Time{}
	return l
}

func TestAcquire(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ours := Lease{Ours: true, Epoch: 1, Token: "t1", Node: "node of t1", Left: time.Hour}
		for range 2 { // the second as after a lost reply
			equal(t, "a free lease", acquire(t, s, "t1", "", -1), ours)
		}
		expires(t, s, s.keys.lease, time.Hour)
		if err := s.Renew(t.Context(), "t1", time.Hour); err != nil {
			t.Fatal(err)
		}

		before := snapshot(t, s)
		theirs := acquire(t, s, "t2", "", -1)
		if theirs.Left <= 0 || theirs.Left > time.Hour {
			t.Errorf("%v are left; want up to an hour", theirs.Left)
		}
		theirs.Left = 0
		equal(t, "somebody else's lease", theirs, Lease{Epoch: 1, Token: "t1", Node: "node of t1", Renewals: 2}) // by the second, and by Renew
		unchanged(t, s, before)
	})
}

// TestAcquireReplaces: an earlier lease of our own at once, a stuck one only
// if its renewals have stood still.
func TestAcquireReplaces(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		acquire(t, s, "t1", "", -1)
		if l := acquire(t, s, "t2", "t0", -1); l.Ours {
			t.Error("it replaced another token than the one it named")
		}
		if l := acquire(t, s, "t2", "t1", -1); !l.Ours || l.Epoch != 2 {
			t.Errorf("our own earlier lease: %+v; want ours, epoch 2", l)
		}
		if err := s.Renew(t.Context(), "t2", time.Hour); err != nil {
			t.Fatal(err)
		}
		if l := acquire(t, s, "t3", "t2", 0); l.Ours || l.Renewals != 1 {
			t.Errorf("a lease that has been renewed: %+v; want it theirs, with 1 renewal", l)
		}
		if l := acquire(t, s, "t3", "t2", 1); !l.Ours || l.Epoch != 3 || l.Renewals != 0 {
			t.Errorf("a lease that stood still: %+v; want ours, epoch 3, counting anew", l)
		}
	})
}

func TestLeaseRunsOut(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		if l, err := s.Acquire(t.Context(), "t1", "n", 30*time.Millisecond, "", -1); err != nil || !l.Ours {
			t.Fatalf("Acquire: %+v, %v", l, err)
		}
		until(t, "the lease runs out", func() bool { return acquire(t, s, "t2", "", -1).Ours })
		if l := acquire(t, s, "t2", "", -1); l.Epoch != 2 {
			t.Errorf("epoch %d; want 2", l.Epoch)
		}
	})
}

func TestRenew(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		if _, err := s.Acquire(t.Context(), "t1", "n", time.Minute, "", -1); err != nil {
			t.Fatal(err)
		}
		if err := s.Renew(t.Context(), "t1", time.Hour); err != nil {
			t.Fatal(err)
		}
		if ttl := s.bus.client.PTTL(t.Context(), s.keys.lease).Val(); ttl <= time.Minute {
			t.Errorf("it lasts %v; want about an hour", ttl)
		}
	})
}

func TestRelease(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		acquire(t, s, "t1", "", -1)
		heard := listen(t, s, s.keys.lease)
		before := snapshot(t, s)
		if err := s.Release(t.Context(), "t2", ""); err != nil {
			t.Fatal(err)
		}
		unchanged(t, s, before)
		for range 2 {
			if err := s.Release(t.Context(), "t1", ""); err != nil {
				t.Fatal(err)
			}
		}
		equal(t, "announced", heard(), []string{NoticeReleased})
		if err := s.Renew(t.Context(), "t1", time.Hour); !errors.Is(err, ErrFenced) {
			t.Errorf("renewing a released lease: %v; want ErrFenced", err)
		}
		if l := acquire(t, s, "t2", "", -1); !l.Ours || l.Epoch != 2 {
			t.Errorf("after a release: %+v; want ours, epoch 2", l)
		}
	})
}

func TestAcquireWhenTheReplyIsLost(t *testing.T) {
	t.Parallel()
	s, proxy := lossy(t)
	proxy.DropReply(1)
	if _, err := s.Acquire(t.Context(), "t1", "n", time.Hour, "", -1); err == nil {
		t.Fatal("the reply arrived")
	}
	equal(t, "asked again", acquire(t, s, "t1", "", -1),
		Lease{Ours: true, Epoch: 1, Token: "t1", Node: "node of t1", Left: time.Hour})
}

func TestLeaseWhenRedisIsFull(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := openStream(t, server.URL())
	server.Config("maxmemory", "1")
	if l := acquire(t, s, "t1", "", -1); !l.Ours {
		t.Errorf("%+v; want ours", l)
	}
	if err := s.Renew(t.Context(), "t1", time.Hour); err != nil {
		t.Errorf("Renew: %v", err)
	}
	if err := s.Release(t.Context(), "t1", ""); err != nil {
		t.Errorf("Release: %v", err)
	}
}

func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	if a, b := NewToken(), NewToken(); a == b || len(a) < 16 {
		t.Errorf("tokens %q and %q", a, b)
	}
}
