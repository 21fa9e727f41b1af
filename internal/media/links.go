package media

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Links signs addresses of files and knows its own again. A signature is for
// one id until one second: it opens nothing else, and nothing afterwards. It
// is safe for concurrent use.
type Links struct {
	base   string
	secret func(context.Context) ([]byte, error)
	now    func() time.Time
}

// Why a signature does not open a file.
var (
	errForged  = errors.New("the signature is not this gateway's for this file")
	errExpired = errors.New("the address was good for a while, and that is over")
)

// secretWait is how long Sign waits for the secret.
const secretWait = 2 * time.Second

// NewLinks makes links that start with base, the public URL, or "" for a path
// only. secret is the same on every node, and remembered by whoever gives it.
func NewLinks(base string, secret func(context.Context) ([]byte, error), now func() time.Time) *Links {
	return &Links{base: strings.TrimRight(base, "/"), secret: secret, now: now}
}

// Sign returns an address of a file that is good for that long.
func (l *Links) Sign(ctx context.Context, id string, lasts time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, secretWait)
	defer cancel()
	key, err := l.secret(ctx)
	if err != nil {
		return "", fmt.Errorf("asking for the secret that addresses of files are signed with: %w", err)
	}
	until := strconv.FormatInt(l.now().Add(lasts).Unix(), 10)
	return l.base + Path + "/" + id + "?exp=" + until + "&sig=" + base64.RawURLEncoding.EncodeToString(sum(key, id, until)), nil
}

// check reports why the query of an address does not open a file; nil: it does.
func (l *Links) check(ctx context.Context, id string, query url.Values) error {
	key, err := l.secret(ctx)
	if err != nil {
		return fmt.Errorf("asking for the secret that addresses of files are signed with: %w", err)
	}
	until := query.Get("exp")
	given, err := base64.RawURLEncoding.Strict().DecodeString(query.Get("sig"))
	if err != nil || !hmac.Equal(given, sum(key, id, until)) {
		return errForged
	}
	second, err := strconv.ParseInt(until, 10, 64) // signed by us: it is a number
	if err != nil || l.now().Unix() >= second {
		return errExpired
	}
	return nil
}

func sum(key []byte, id, until string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("postern media 1\n" + id + "\n" + until)) //nolint:errcheck // it never fails
	return mac.Sum(nil)
}
