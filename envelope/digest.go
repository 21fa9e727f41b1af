package envelope

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"
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
	n := o.Normal()
	room := digestRoom.Get().(*[]byte)
	defer digestRoom.Put(room)
	text, err := n.appendForm((*room)[:0], true)
	if err != nil {
		// Only an envelope made by hand gets here: NaN, or a type that JSON
		// does not know, in its native or params. What of it is sound counts.
		text, _ = n.appendForm(text[:0], false)
	}
	*room = text
	sum := sha256.Sum256(text)
	var out [len(digestVersion) + digestHex]byte
	copy(out[:], digestVersion)
	hex.Encode(out[len(digestVersion):], sum[:digestHex/2])
	return string(out[:])
}

// digestRoom is memory for canonical forms, used again.
var digestRoom = sync.Pool{New: func() any { return &[]byte{} }}

// byName are the fields that have an effect, in the order of their names.
var byName = func() []*field[Outbound] {
	var list []*field[Outbound]
	for i := range outboundFields {
		if f := &outboundFields[i]; !f.mute {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b *field[Outbound]) int { return strings.Compare(a.name, b.name) })
	return list
}()

// appendForm writes the canonical form as encoding/json writes a map of the
// fields; with free ones, native and params, or without.
func (o *Outbound) appendForm(dst []byte, free bool) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	for _, f := range byName {
		ref := f.ref(o)
		if !f.present(o) || !free && (f.name == "native" || f.name == "params") {
			continue
		}
		text, isText := ref.(*string)
		if isText && f.rule.fallback == *text || !isText && f.value(o) == f.rule.fallback {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(append(dst, '"'), f.name...), '"', ':')
		if isText && plain(*text) {
			dst = append(append(append(dst, '"'), *text...), '"')
			continue
		}
		value, err := json.Marshal(f.value(o))
		if err != nil {
			return dst, err
		}
		dst = append(dst, value...)
	}
	return append(dst, '}'), nil
}

// plain reports whether encoding/json writes a string as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
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
