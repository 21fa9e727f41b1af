package envelope

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// digestVersion names the canonical form and how much of its sum is kept. A
// change of what Digest writes for an envelope that was valid before needs a
// new one. Version 1 kept the whole sum of the same form.
const (
	digestVersion = "2:"
	wholeSum      = "1:"
)

// digestHex is how much of the sum is kept, 128 bits: each key that is
// remembered has one, and Redis stores a hash compactly as long as no field of
// it is longer than 64 bytes.
const digestHex = 32

// Digest says what the envelope does, in short: two of the same type, target
// and content have the same, however they were encoded, and whatever their
// keys, times, tracing and receipts are. Compare it with SameDigest.
//
// The canonical form is a JSON object of the normalized envelope's fields that
// have an effect, less those that say what absent says, with sorted keys.
func (o *Outbound) Digest() string {
	n := o.Normalize()
	form := make(map[string]any, 8)
	for i := range outboundFields {
		f := &outboundFields[i]
		if v := f.value(n); v != nil && !f.mute && v != f.rule.fallback {
			form[f.name] = v
		}
	}
	text, err := json.Marshal(form)
	if err != nil {
		// Only an envelope made by hand gets here: NaN, or a type that JSON
		// does not know, in its native or params. What of it is sound counts.
		delete(form, "native")
		delete(form, "params")
		text, _ = json.Marshal(form)
	}
	sum := sha256.Sum256(text)
	return digestVersion + hex.EncodeToString(sum[:])[:digestHex]
}

// SameDigest reports whether two digests are of the same content. One of a
// version that is not known here, or none, counts as the same: a conflict is
// never made up.
func SameDigest(a, b string) bool {
	a, b = inBrief(a), inBrief(b)
	if !strings.HasPrefix(a, digestVersion) || !strings.HasPrefix(b, digestVersion) {
		return true
	}
	return a == b
}

// inBrief writes a digest of version 1 as one of today's.
func inBrief(digest string) string {
	sum, whole := strings.CutPrefix(digest, wholeSum)
	if whole && len(sum) == 2*sha256.Size {
		return digestVersion + sum[:digestHex]
	}
	return digest
}
