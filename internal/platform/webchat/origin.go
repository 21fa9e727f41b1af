package webchat

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/posternhq/postern/internal/netaddr"
	"github.com/posternhq/postern/platform"
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

// byOurName reports whether a request calls the chat by a name that it can
// have. Where the gateway listens on loopback and no token is asked for, being
// on this machine is all that lets in; and a browser here can be led here by
// any page under a name of the page's own choice, which is its origin, too. A
// proxy brings the world on purpose, and may say so by its headers: a page can
// set them, but on no socket.
func (c *config) byOurName(r *http.Request) bool {
	if c.token != "" || !platform.HookLocal(r.Context()) || netaddr.ProxyHeader(r.Header) != "" {
		return true
	}
	return netaddr.IsLoopback(netaddr.Host(r.Host)) || slices.ContainsFunc(c.origins, func(origin string) bool {
		_, host, _ := strings.Cut(origin, "://")
		return strings.EqualFold(host, r.Host)
	})
}

// onHTTPS reports whether the browser reached us, or the proxy before us, by
// https.
func onHTTPS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
