package bus

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

func TestSecrets(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		get := func(from *Secrets, platform, purpose string) []byte {
			t.Helper()
			secret, err := from.Get(t.Context(), platform, purpose)
			if err != nil || len(secret) != secretBytes {
				t.Errorf("Get %s %s: %d bytes, %v", platform, purpose, len(secret), err)
			}
			return secret
		}
		// Many nodes at once agree on one.
		nodes := make([][]byte, 20)
		var wait sync.WaitGroup
		for i := range nodes {
			wait.Go(func() { nodes[i] = get(s.bus.Secrets(names), "chat", "session") })
		}
		wait.Wait()
		for i := range nodes {
			if !bytes.Equal(nodes[i], nodes[0]) {
				t.Fatalf("node %d has another secret", i)
			}
		}
		one := s.bus.Secrets(names)
		seen := map[string]bool{string(nodes[0]): true}
		for _, of := range [][2]string{{"chat", "files"}, {"other", "session"}, {GatewaySecrets, "session"}} {
			secret := get(one, of[0], of[1])
			if seen[string(secret)] {
				t.Errorf("%v has the secret of another", of)
			}
			seen[string(secret)] = true
		}
		// What is handed out is a copy, and known without Redis.
		given := get(one, "chat", "session")
		clear(given)
		if err := s.bus.client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(get(one, "chat", "session"), nodes[0]) {
			t.Error("it was changed through what was handed out")
		}
	})
}

func TestSecretKeyHoldsSomethingElse(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		for i, foreign := range []string{"short", strings.Repeat("x", 64), strings.Repeat("ab", 31)} {
			if err := s.bus.client.Set(t.Context(), "postern:secret:chat:session", foreign, 0).Err(); err != nil {
				t.Fatal(err)
			}
			_, err := s.bus.Secrets(names).Get(t.Context(), "chat", "session")
			if err == nil || !strings.Contains(err.Error(), "postern:secret:chat:session") || strings.Contains(err.Error(), foreign) {
				t.Errorf("%d: %v", i, err)
			}
		}
	})
}
