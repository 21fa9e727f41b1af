package bus

import (
	"errors"
	"testing"
	"time"
)

// What an edit made of a message's parts is in the message's claim, which is
// remembered no longer for it; a claim that is not there, not done, or none, is
// left alone.
func TestRetarget(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		hold(t, s, "t1")
		ctx, client, key := t.Context(), s.bus.client, s.MessageClaim("k")
		for _, state := range []string{"", "sending", "done"} {
			if state != "" {
				client.HSet(ctx, key, "state", state, "id:0", "1", "id:1", "2")
				client.PExpire(ctx, key, time.Hour)
			}
			for range 2 { // the second time as after a lost reply
				for part, id := range map[int]string{1: "", 2: "3"} {
					if err := s.Retarget(ctx, "t1", key, part, id); err != nil {
						t.Fatalf("Retarget: %v", err)
					}
				}
			}
			want := map[string][]string{"": {}, "sending": {"1", "2"}, "done": {"1", "", "3"}}[state]
			equal(t, "ids of one that is "+state, readOne(t, s, key).MessageIDs(), want)
		}
		if left := client.PTTL(ctx, key).Val(); left <= 0 || left > time.Hour {
			t.Errorf("it is remembered for %v", left)
		}
		client.Set(ctx, s.MessageClaim("foreign"), "x", 0)
		if err := s.Retarget(ctx, "t1", s.MessageClaim("foreign"), 0, "1"); err != nil {
			t.Errorf("a key that is no claim: %v", err)
		}
		if err := s.Retarget(ctx, "t2", key, 0, "9"); !errors.Is(err, ErrFenced) {
			t.Errorf("under a foreign token: %v", err)
		}
	})
}
