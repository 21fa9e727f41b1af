package media

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strconv"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// An id is 160 bits in lower-case base32, without padding: no id can be
// guessed, and none means anything to a file system or a URL.
const (
	idBytes = 20
	idChars = idBytes * 8 / 5 // 32
)

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewID returns a random id.
func NewID() string {
	var b [idBytes]byte
	rand.Read(b[:]) //nolint:errcheck // it never fails
	return idEncoding.EncodeToString(b[:])
}

// DerivedID is the id of the medium at index in the operation that bears key,
// fetched from url: whoever fetches it again finds what was fetched before.
func DerivedID(key string, index int, url string) string {
	h := sha256.New()
	for _, s := range []string{"postern fetched medium", key, strconv.Itoa(index), url} {
		h.Write([]byte(strconv.Itoa(len(s)) + ":" + s)) //nolint:errcheck // it never fails
	}
	return idEncoding.EncodeToString(h.Sum(nil)[:idBytes])
}

// ValidID reports whether s has the form of an id.
func ValidID(s string) bool {
	if len(s) != idChars {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

func checkID(id string) error {
	if !ValidID(id) {
		return platform.Refused(envelope.CodeInvalid, "blob", "an id of the media store is %d characters of a-z and 2-7", idChars)
	}
	return nil
}
