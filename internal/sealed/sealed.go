// Package sealed hides a small secret, such as the token that a platform wants
// with the answer to a click, in an id that workers may see, store and send
// back: only a node that knows the platform's secret can open it, any node can,
// and nothing has to be remembered for it.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// What Open says of an id that opens nothing.
var (
	ErrForeign = errors.New("it was not made here, or not all of it is there")
	ErrExpired = errors.New("its time is over")
)

// Box seals and opens. It is safe for concurrent use.
type Box struct {
	aead  cipher.AEAD
	nonce []byte // the key that nonces are made with
}

const version = "1" // of the ids; it is their first letter

// New makes a box of a secret of 32 random bytes: platform.Host.Secret gives
// each platform and purpose its own, the same on every node.
func New(secret []byte) (*Box, error) {
	if len(secret) < 32 {
		return nil, fmt.Errorf("a secret of %d bytes is too short to seal with; expected 32", len(secret))
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "postern sealed key", 32)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	nonce, err := hkdf.Key(sha256.New, secret, nil, "postern sealed nonce", 32)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	return &Box{aead, nonce}, nil
}

// Seal hides a value in an id that can be opened until expires, to the second.
// It is a pure function: the nonce is a digest of what is sealed, so the same
// one is used twice only for the same text, and an event that is read again has
// the same id.
func (b *Box) Seal(value []byte, expires time.Time) string {
	plain := binary.BigEndian.AppendUint64(nil, uint64(expires.Unix())) //nolint:gosec // read back as it was
	plain = append(plain, value...)
	digest := hmac.New(sha256.New, b.nonce)
	digest.Write(plain)
	nonce := digest.Sum(nil)[:b.aead.NonceSize()]
	return version + base64.RawURLEncoding.EncodeToString(b.aead.Seal(nonce, nonce, plain, []byte(version)))
}

// Open returns what is in an id: ErrExpired once its time is over by now,
// ErrForeign for whatever else is no id of this box.
func (b *Box) Open(id string, now time.Time) ([]byte, error) {
	if len(id) == 0 || id[:1] != version {
		return nil, ErrForeign
	}
	all, err := base64.RawURLEncoding.DecodeString(id[1:])
	if err != nil || len(all) < b.aead.NonceSize() {
		return nil, ErrForeign
	}
	plain, err := b.aead.Open(nil, all[:b.aead.NonceSize()], all[b.aead.NonceSize():], []byte(version))
	if err != nil || len(plain) < 8 {
		return nil, ErrForeign
	}
	expires := int64(binary.BigEndian.Uint64(plain)) //nolint:gosec // as it was written
	if now.Unix() > expires {
		return nil, ErrExpired
	}
	return plain[8:], nil
}
