package bus

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// secretBytes is how long a secret is.
const secretBytes = 32

// GatewaySecrets stands for a platform's name where a secret is the gateway's
// own. No platform is called so.
const GatewaySecrets = "-"

// Secrets are random bytes that all nodes share: whoever needs one first makes
// it, and it is never changed. All of it is safe for concurrent use.
type Secrets struct {
	bus       *Bus
	namespace string

	mutex sync.Mutex
	known map[string][]byte // by key; a secret never changes
}

// Secrets returns the namespace's secrets.
func (b *Bus) Secrets(names envelope.Names) *Secrets {
	return &Secrets{bus: b, namespace: names.Namespace, known: map[string][]byte{}}
}

// Get returns the 32 bytes for a purpose of a platform, or of GatewaySecrets.
// It asks Redis the first time only. No error bears the secret.
func (s *Secrets) Get(ctx context.Context, platform, purpose string) ([]byte, error) {
	key := s.namespace + ":secret:" + platform + ":" + purpose
	s.mutex.Lock()
	secret := s.known[key]
	s.mutex.Unlock()
	if secret == nil {
		var err error
		if secret, err = s.bus.sharedSecret(ctx, key); err != nil {
			return nil, err
		}
		s.mutex.Lock()
		s.known[key] = secret
		s.mutex.Unlock()
	}
	return bytes.Clone(secret), nil
}

// sharedSecret offers fresh bytes and returns what stands there then: another
// node's, if it was quicker.
func (b *Bus) sharedSecret(ctx context.Context, key string) ([]byte, error) {
	fresh := make([]byte, secretBytes)
	_, _ = rand.Read(fresh) // never fails
	var stands *redis.StringCmd
	_, err := b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.SetNX(ctx, key, hex.EncodeToString(fresh), 0)
		stands = p.Get(ctx, key)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the shared secret %s: %w", key, err)
	}
	secret, err := hex.DecodeString(stands.Val())
	if err != nil || len(secret) != secretBytes {
		return nil, fmt.Errorf("read the shared secret %s: the key holds something else: delete it, and it is made anew", key)
	}
	return secret, nil
}
