package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The Standard Webhooks headers (standard-webhooks/standard-webhooks,
// spec/standard-webhooks.md 1.0.0).
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp" // unix seconds, of the attempt
	headerSignature = "webhook-signature" // one or several, with spaces between
	signatureV1     = "v1,"               // HMAC-SHA256, symmetric
)

// secretPrefix marks a secret whose bytes are written as base64.
const secretPrefix = "whsec_"

// readSecret returns a secret's bytes: those written as base64 after whsec_,
// else those of the text itself. No secret is nil.
func readSecret(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	encoded, ok := strings.CutPrefix(s, secretPrefix)
	if !ok {
		return []byte(s), nil
	}
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(b) == 0 {
		return nil, errors.New("secret begins with whsec_ but is not base64 after it; copy it again, or use a secret without that prefix as plain text")
	}
	return b, nil
}

// sign returns the v1 signature of one request.
func sign(secret []byte, id, timestamp string, body []byte) string {
	return signatureV1 + base64.StdEncoding.EncodeToString(digest(secret, id, timestamp, body))
}

func digest(secret []byte, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	for _, s := range []string{id, ".", timestamp, "."} {
		mac.Write([]byte(s))
	}
	mac.Write(body)
	return mac.Sum(nil)
}

// verify says what is wrong with a signed request, or nil. One good signature
// among several is enough, so that a sender can change its secret. The
// timestamp is looked at only after the signature that covers it.
func verify(secret []byte, h http.Header, body []byte, now time.Time) error {
	id, stamp, signatures := h.Get(headerID), h.Get(headerTimestamp), h.Get(headerSignature)
	for _, f := range []struct{ name, value string }{
		{headerID, id}, {headerTimestamp, stamp}, {headerSignature, signatures},
	} {
		if f.value == "" {
			return fmt.Errorf("no %s header; this platform has a secret, so sign with it as Standard Webhooks says", f.name)
		}
	}
	if !anyMatches(signatures, digest(secret, id, stamp, body)) {
		return fmt.Errorf("%s: no v1 signature in it fits; sign <webhook-id>.<webhook-timestamp>.<body> with the platform's secret", headerSignature)
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%s is not a whole number of unix seconds", headerTimestamp)
	}
	if off := now.Sub(time.Unix(seconds, 0)).Abs(); off > tolerance {
		return fmt.Errorf("%s is %v off our clock; at most %v is taken", headerTimestamp, off.Round(time.Second), tolerance)
	}
	return nil
}

// anyMatches compares in constant time: how long it takes tells nothing of
// where a guess is wrong.
func anyMatches(signatures string, want []byte) bool {
	for s := range strings.FieldsSeq(signatures) {
		encoded, ok := strings.CutPrefix(s, signatureV1)
		if !ok {
			continue // another version, such as v1a
		}
		if got, err := base64.StdEncoding.DecodeString(encoded); err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}
