package bus

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// near fails the test unless a wait is what is left of one that was said a
// moment ago.
func near(t *testing.T, what string, got, said time.Duration) {
	t.Helper()
	if got <= said-30*time.Second || got > said {
		t.Errorf("%s: %v; want just below %v", what, got, said)
	}
}

func shutGates(t *testing.T, s *Stream, gates ...Gate) {
	t.Helper()
	if err := s.ShutGates(t.Context(), "t1", gates); err != nil {
		t.Fatalf("ShutGates: %v", err)
	}
}

func gatesLeft(t *testing.T, s *Stream, token string) map[string]time.Duration {
	t.Helper()
	left, err := s.Gates(t.Context(), token)
	if err != nil {
		t.Fatalf("Gates: %v", err)
	}
	return left
}

// What one owner shut is shut for the next, and nobody else writes it.
func TestGatesOutliveTheirOwner(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		if left := gatesLeft(t, s, "t1"); len(left) > 0 {
			t.Errorf("none were shut: %v", left)
		}
		at := now(t, s)
		for range 2 { // the second time as after a lost reply
			shutGates(
				t, s,
				Gate{"account", at.Add(time.Hour), time.Hour},
				Gate{"channel c 1", at.Add(2 * time.Hour), 2 * time.Hour},
				Gate{"route edit", at.Add(-time.Second), time.Hour}, // open by now
			)
		}
		shutGates(t, s, Gate{"account", at.Add(time.Minute), time.Minute}) // sooner
		expires(t, s, s.keys.gates, 2*time.Hour)

		hold(t, s, "t2")
		left := gatesLeft(t, s, "t2")
		equal(t, "gates", len(left), 2)
		near(t, "account", left["account"], time.Hour)
		near(t, "channel", left["channel c 1"], 2*time.Hour)

		if err := s.ShutGates(t.Context(), "t1", []Gate{{"late", at.Add(time.Hour), time.Hour}}); !errors.Is(err, ErrFenced) {
			t.Errorf("the former owner shut one: %v", err)
		}
		if _, err := s.Gates(t.Context(), "t1"); !errors.Is(err, ErrFenced) {
			t.Errorf("the former owner reads: %v", err)
		}
	})
}

// Redis' clock steps back an hour, or a day ahead, after gates were shut: none
// holds longer than was said, and one that is shut anew holds as long as is
// said now.
func TestRedisClockSteps(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		at := now(t, s)
		shutGates(
			t, s,
			Gate{"back", at.Add(time.Hour), 20 * time.Second},
			Gate{"anew", at.Add(time.Hour), 20 * time.Second},
			Gate{"ahead", at.Add(-24 * time.Hour), 20 * time.Second},
		)
		shutGates(t, s, Gate{"anew", at.Add(5 * time.Minute), 5 * time.Minute})
		left := gatesLeft(t, s, "t1")
		near(t, "back", left["back"], 20*time.Second)
		near(t, "anew", left["anew"], 5*time.Minute)
		equal(t, "gates", len(left), 2)
	})
}

// More gates than are kept: those that open first are let go.
func TestGatesAreBounded(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		at := now(t, s)
		var many []Gate
		for i := range mostGates + 1 {
			wait := time.Hour + time.Duration(i)*time.Second
			many = append(many, Gate{fmt.Sprint("channel ", i), at.Add(wait), wait})
		}
		shutGates(t, s, many...)
		left := gatesLeft(t, s, "t1")
		equal(t, "gates", len(left), mostGates*3/4)
		if _, kept := left[many[0].Name]; kept {
			t.Error("the one that opens first is kept")
		}
		if _, kept := left[many[mostGates].Name]; !kept {
			t.Error("the one that opens last is not kept")
		}
	})
}

// The key holds something else: who reads finds none, who writes is told.
func TestGatesMisplaced(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		if err := s.bus.client.Set(t.Context(), s.keys.gates, "mine", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if left := gatesLeft(t, s, "t1"); len(left) > 0 {
			t.Errorf("gates in a text: %v", left)
		}
		if err := s.ShutGates(t.Context(), "t1", []Gate{{"account", now(t, s).Add(time.Hour), time.Hour}}); !Misplaced(err) {
			t.Errorf("ShutGates: %v; want it misplaced", err)
		}
		equal(t, "the text", s.bus.client.Get(t.Context(), s.keys.gates).Val(), "mine")
	})
}

// Values that are none of ours hold nothing shut.
func TestGatesOfOthers(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		for gate, value := range map[string]string{
			"a": "", "b": "soon", "c": "99999999999999", "d": "99999999999999 -5", "e": " 5", "f": "99999999999999999999999 x",
		} {
			if err := s.bus.client.HSet(t.Context(), s.keys.gates, gate, value).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if left := gatesLeft(t, s, "t1"); len(left) > 0 {
			t.Errorf("gates: %v", left)
		}
		at := now(t, s)
		shutGates(t, s, Gate{"a", at.Add(time.Hour), time.Hour}, Gate{"f", at.Add(time.Hour), time.Hour})
		equal(t, "gates", len(gatesLeft(t, s, "t1")), 2)
	})
}
