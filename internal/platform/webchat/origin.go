package webchat

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// sameOrigin reports whether a request comes from the page itself, from a site
// that may use the chat, or from no page at all.
func (c *config) sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	return strings.EqualFold(u.Host, r.Host) || slices.Contains(c.origins, strings.ToLower(origin))
}

// onHTTPS reports whether the browser reached us, or the proxy before us, by
// https.
func onHTTPS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
