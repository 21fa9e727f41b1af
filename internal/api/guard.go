package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/netaddr"
	"github.com/posternhq/postern/internal/respond"
)

// Scope is what a token opens. Each opens only itself.
type Scope string

// The scopes.
const (
	ScopePublish Scope = "publish" // POST /v1/outbound
	ScopeMedia   Scope = "media"   // /v1/media
	ScopeMetrics Scope = "metrics" // /metrics
)

// Token is a bearer token. Its secret is kept as a hash only.
type Token struct {
	Name   string
	Scopes []string
	Rate   int // requests a second; 0 = no limit

	hash [sha256.Size]byte
}

// NewToken makes a token of a secret.
func NewToken(name, secret string, scopes []string, rate int) Token {
	return Token{Name: name, Scopes: scopes, Rate: rate, hash: sha256.Sum256([]byte(secret))}
}

// Guard lets in who bears a token of the right scope, and nobody too often.
// Without any token it lets in this machine's own programs: the config then
// allows no listener but on loopback. It is safe for concurrent use.
type Guard struct {
	tokens    []Token
	byToken   *limits
	byAddress *limits
}

// NewGuard makes a guard. rate is how many requests a second an address may
// make; 0 = no limit.
func NewGuard(tokens []Token, rate int) *Guard {
	return &Guard{tokens: tokens, byToken: newLimits(time.Now), byAddress: newLimits(time.Now).every(rate)}
}

// Require hands on requests that a token of the scope was given with. Others
// are answered 401 without a right token, 403 with one of other scopes or from
// a page of another site, 429 if they are too many.
func (g *Guard) Require(scope Scope, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status, fault := g.refuses(r, scope); fault != nil {
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="postern"`)
			}
			respond.Error(w, status, *fault)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Admits reports whether Require would hand the request on, and counts it as
// one if it does.
func (g *Guard) Admits(scope Scope, r *http.Request) bool {
	_, fault := g.refuses(r, scope)
	return fault == nil
}

// Limit hands on requests of an address that makes not too many of them. It
// asks for no token.
func (g *Guard) Limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := g.byAddress.take(address(r), 0); fault != nil {
			respond.Error(w, http.StatusTooManyRequests, *fault)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuses says what is wrong with a request, or nil.
func (g *Guard) refuses(r *http.Request, scope Scope) (int, *envelope.Error) {
	if len(g.tokens) == 0 {
		if why := notOurOwn(r); why != "" {
			return http.StatusForbidden, &envelope.Error{Code: envelope.CodeForbidden, Message: why}
		}
		return 0, nil
	}
	known := g.find(r.Header.Get("Authorization"))
	if len(known) == 0 {
		if fault := g.byAddress.take(address(r), 0); fault != nil {
			return http.StatusTooManyRequests, fault
		}
		return http.StatusUnauthorized, &envelope.Error{
			Code: envelope.CodeAuth, Message: "needs a bearer token of the scope " + string(scope) + ", see http.tokens in the config",
		}
	}
	of(r).token = known[0].Name
	for _, t := range known {
		if !slices.Contains(t.Scopes, string(scope)) {
			continue
		}
		of(r).token = t.Name
		if fault := g.byToken.take(t.Name, t.Rate); fault != nil {
			return http.StatusTooManyRequests, fault
		}
		return 0, nil
	}
	return http.StatusForbidden, &envelope.Error{
		Code: envelope.CodeForbidden, Message: "the token has not the scope " + string(scope) + ", see http.tokens in the config",
	}
}

// find returns the tokens that a header bears: several may share a secret. It
// compares in constant time, with every token, so that the time taken tells
// nothing.
func (g *Guard) find(header string) []Token {
	scheme, given, ok := strings.Cut(header, " ")
	hash := sha256.Sum256([]byte(given))
	var found []Token
	for _, t := range g.tokens {
		if subtle.ConstantTimeCompare(hash[:], t.hash[:]) == 1 {
			found = append(found, t)
		}
	}
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	return found
}

// notOurOwn says why a request that bears no token, and needs none, may come
// from elsewhere than a program of this machine; "" = it does not. A browser
// here can be sent by any page to an address here, also under a name of the
// page's own choice; a proxy here brings the whole world.
func notOurOwn(r *http.Request) string {
	if !netaddr.IsLoopback(netaddr.Host(r.Host)) {
		return "with no http.tokens in the config, this answers to localhost only, and was called by another name"
	}
	if name := netaddr.ProxyHeader(r.Header); name != "" {
		return "with no http.tokens in the config, this answers to this machine only, and a proxy (" + name + ") has brought this from elsewhere"
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" && site != "same-origin" {
		return "a page of another site may not call this"
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return "a page of another site may not call this"
		}
	}
	return ""
}
