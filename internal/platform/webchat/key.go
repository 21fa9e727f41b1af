package webchat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strconv"
	"strings"
)

var letters = base32.StdEncoding.WithPadding(base32.NoPadding)

// recordID is an id made of what names a thing for ever, so that the same
// thing brought again has the same one.
func recordID(parts ...string) string {
	h := sha256.New()
	for _, s := range parts {
		h.Write([]byte(strconv.Itoa(len(s)) + ":" + s))
	}
	return strings.ToLower(letters.EncodeToString(h.Sum(nil)))[:24]
}

// interaction names one press and, before the dot, who pressed: an ephemeral
// answer to it needs no more than that.
func interaction(visitor, eventID string) string { return visitor + "." + eventID }

// presser is who made an interaction, or "".
func presser(interactionID string) string {
	visitor, _, ok := strings.Cut(interactionID, ".")
	if !ok || !validVisitor(visitor) {
		return ""
	}
	return visitor
}

// key signs what is handed to visitors. Each purpose has one of its own.
type key []byte

func (k key) derive(purpose string) key { return k.mac(purpose) }

func (k key) mac(text string) []byte {
	h := hmac.New(sha256.New, k)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// sign appends a signature to a text, which has no dot after it was signed
// but the one before the signature.
func (k key) sign(text string) string {
	return text + "." + base64.RawURLEncoding.EncodeToString(k.mac(text))
}

// open returns the text of what sign returned, if it is that.
func (k key) open(signed string) (text string, ok bool) {
	i := strings.LastIndexByte(signed, '.')
	if i < 0 {
		return "", false
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(signed[i+1:])
	return signed[:i], err == nil && hmac.Equal(mac, k.mac(signed[:i]))
}
