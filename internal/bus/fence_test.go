package bus

import (
	"errors"
	"testing"
	"time"
)

// TestFence: every fenced write, by somebody who has lost the lease and by
// somebody while nobody holds one, is refused and changes nothing.
func TestFence(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		ids := taken(t, s, "1", "2")
		publish(t, s, "unread")
		key := s.MessageClaim("x")
		claim(t, s, "t1", ClaimRequest{Key: key, Entry: ids[0]})
		if err := s.bus.client.XDel(t.Context(), s.Name, ids[1]).Err(); err != nil {
			t.Fatal(err)
		}
		gone, err := ParseID(ids[1])
		if err != nil {
			t.Fatal(err)
		}
		writes := map[string]func(token string) error{
			"renew": func(token string) error { return s.Renew(t.Context(), token, time.Minute) },
			"takeover": func(token string) error {
				_, err := s.NewIntake(token).ClaimPending(t.Context(), "0-0", 0, 9)
				return err
			},
			"read":   func(token string) error { _, err := s.NewIntake(token).Read(t.Context(), 1); return err },
			"audit":  func(token string) error { _, err := s.NewIntake(token).Audit(t.Context()); return err },
			"forget": func(token string) error { _, err := s.Forget(t.Context(), token, []ID{gone}); return err },
			"claim": func(token string) error {
				_, err := s.claimBatch(t.Context(), token, 0, []ClaimRequest{{Key: s.MessageClaim("y"), Entry: ids[1]}})
				return err
			},
			"mark": func(token string) error {
				_, err := s.markBatch(t.Context(), token, []MarkRequest{{Key: key, Entry: ids[0], State: ClaimSending}})
				return err
			},
			"delay": func(token string) error {
				_, _, err := s.Delay(t.Context(), token, retention, []Delay{{Entry: gone, Due: time.Now().Add(time.Hour), Claim: s.MessageClaim("z")}})
				return err
			},
			"due":    func(token string) error { _, err := s.Due(t.Context(), token, 9, time.Second); return err },
			"strike": func(token string) error { return s.Over(t.Context(), token, []string{"s"}) },
			"settle": func(token string) error {
				_, err := s.settleBatch(t.Context(), token, retention, []Settlement{{
					Entry: ids[0], Claim: key, Fate: FateDone, Part: -1,
					Record: RecordDead, Fields: []string{"data", "x"}, Pushes: []Push{{List: "receipts", Bytes: []byte("r")}},
				}})
				return err
			},
		}
		refused := func(who, token string) {
			t.Helper()
			s.Consumer = "z"
			before := snapshot(t, s)
			for name, write := range writes {
				if err := write(token); !errors.Is(err, ErrFenced) {
					t.Errorf("%s %s: %v; want ErrFenced", name, who, err)
				}
			}
			unchanged(t, s, before)
		}
		hold(t, s, "t2")
		refused("under the token before", "t1")
		refused("without a token", "")
		if err := s.Release(t.Context(), "t2", ""); err != nil {
			t.Fatal(err)
		}
		refused("while nobody holds the lease", "t2")
		refused("without a token, while nobody holds the lease", "")

		hold(t, s, "t3")
		for _, name := range []string{"renew", "takeover", "read", "audit", "claim", "mark", "settle"} {
			if err := writes[name]("t3"); err != nil {
				t.Errorf("%s by the owner: %v", name, err)
			}
		}
	})
}
