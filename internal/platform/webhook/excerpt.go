package webhook

import (
	"encoding/base64"
	"html"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	maxExcerpt  = 200     // runes of a refusal's body that an error repeats
	excerptFrom = 4 << 10 // bytes of it that they are taken from
	redacted    = "[…]"   // instead of a credential
	minFragment = 6       // bytes; a shorter piece of a URL is no credential
)

// excerpt is the beginning of a refusal's body, on one line and without
// control characters, for people who look for its reason; "" if it is not
// text, or broke off.
//
// A receiver may repeat what it was sent. Our credentials are cut out before
// anything else is; a body that still bears one in another spelling (escaped
// for JSON, HTML or a URL) is not repeated at all.
func (a *Adapter) excerpt(r *http.Response) string {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil || !isText(r.Header.Get("Content-Type")) || slices.Contains(body, 0) {
		return ""
	}
	text, secrets := string(body), a.credentials(r.Request)
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, redacted)
	}
	plain := unescaped(text)
	if slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(plain, s) }) {
		return ""
	}
	return oneLine(strings.ToValidUTF8(text[:min(len(text), excerptFrom)], "\uFFFD"))
}

// isText reports whether a body of this type can be read by people.
func isText(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (strings.HasPrefix(kind, "text/") || kind == "application/json")
}

// credentials are what of a request must not be told, longest first: the
// secret, the signature, and what the URL bears beyond its host.
func (a *Adapter) credentials(r *http.Request) []string {
	signature := r.Header.Get(headerSignature)
	encoded := base64.StdEncoding.EncodeToString(a.config.secret)
	found := []string{
		string(a.config.secret), encoded, secretPrefix + encoded,
		signature, strings.TrimPrefix(signature, signatureV1),
	}
	u := r.URL
	if password, ok := u.User.Password(); ok {
		found = append(found, password, base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	}
	pieces := append(strings.Split(u.Path, "/"), strings.Split(u.EscapedPath(), "/")...)
	pieces = append(pieces, u.User.Username(), u.RawQuery)
	for _, values := range u.Query() {
		pieces = append(pieces, values...)
	}
	for _, piece := range pieces {
		if len(piece) >= minFragment {
			found = append(found, piece)
		}
	}
	found = slices.DeleteFunc(found, func(s string) bool { return s == "" })
	slices.SortFunc(found, func(a, b string) int { return len(b) - len(a) })
	return found
}

// escape is a byte as JSON or a URL may spell it.
var escape = regexp.MustCompile(`(?:%|\\u00)[0-9A-Fa-f]{2}`)

// unescaped is what a text may say beneath its escapes.
func unescaped(text string) string {
	text = escape.ReplaceAllStringFunc(text, func(s string) string {
		b, _ := strconv.ParseUint(s[len(s)-2:], 16, 8) // two hex digits, as matched
		return string([]byte{byte(b)})
	})
	return html.UnescapeString(strings.NewReplacer(`\/`, "/", `\"`, `"`, `\\`, `\`).Replace(text))
}

// oneLine joins the words of a text and keeps its first runes. What is not
// printed, such as what steers a terminal or turns text around, becomes U+FFFD.
func oneLine(text string) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	cut := len(line) > maxExcerpt
	line = line[:min(len(line), maxExcerpt)]
	for i, r := range line {
		if !unicode.IsPrint(r) {
			line[i] = unicode.ReplacementChar
		}
	}
	if cut {
		line[maxExcerpt-1] = '…'
	}
	return string(line)
}
