package bus

import "testing"

func TestPausedPlatform(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		key := names.Platform("chat")
		paused := func(want bool) {
			t.Helper()
			if got, known, err := s.Paused(t.Context(), key); err != nil || got != want || !known {
				t.Errorf("paused: %v, known: %v, %v; want %v", got, known, err, want)
			}
		}
		if got, known, err := s.Paused(t.Context(), key); err != nil || got || known {
			t.Errorf("paused: %v, known: %v, %v; want it not known", got, known, err)
		}
		notices := s.Notices(t.Context())
		equal(t, "notice", <-notices, NoticeListening)
		for _, step := range []struct {
			pause  bool
			notice string
		}{{true, NoticePaused}, {false, NoticeResumed}} {
			if err := s.SetPaused(t.Context(), key, step.pause); err != nil {
				t.Fatal(err)
			}
			equal(t, "notice", <-notices, step.notice)
			// A node that describes the platform leaves the operator's word alone.
			if err := s.Describe(t.Context(), key, map[string]string{"kind": "console"}, !step.pause); err != nil {
				t.Fatal(err)
			}
			paused(step.pause)
		}
		equal(t, "kind", s.bus.client.HGet(t.Context(), key, "kind").Val(), "console")
	})
}

// TestDescribePausesAtFirst: the config's word counts until an operator's.
func TestDescribePausesAtFirst(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		key := names.Platform("chat")
		for _, configured := range []bool{true, false} {
			if err := s.Describe(t.Context(), key, map[string]string{"kind": "console"}, configured); err != nil {
				t.Fatal(err)
			}
			if got, _, err := s.Paused(t.Context(), key); err != nil || !got {
				t.Errorf("paused: %v, %v; want as it was first written", got, err)
			}
		}
	})
}
