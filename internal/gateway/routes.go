package gateway

import (
	"context"
	"fmt"
	"net/http"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/api"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/media"
	"github.com/posternhq/postern/internal/respond"
)

// mostWaiting is how many HTTP requests may wait for receipts at once, each on
// a Redis connection of its own.
const mostWaiting = 256

// routes is all that answers over HTTP. api's openapi.yaml describes each.
func (g *Gateway) routes(stopping context.Context) ([]api.Route, error) {
	openapi, err := api.ServeOpenAPI()
	if err != nil {
		return nil, err
	}
	guard := newGuard(g.config.HTTP)
	files := g.files(guard)
	return []api.Route{
		{Pattern: "GET /healthz", Handler: http.HandlerFunc(healthz)},
		{Pattern: "GET /readyz", Handler: http.HandlerFunc(g.readyz)},
		{Pattern: "GET /metrics", Handler: guard.Require(api.ScopeMetrics, g.metrics.handler(g))},
		{Pattern: "GET /v1/openapi.json", Handler: openapi},
		{Pattern: "POST /v1/outbound/{platform}", Handler: guard.Require(api.ScopePublish, g.publisher(stopping))},
		{Pattern: "POST " + media.Path, Handler: files},
		{Pattern: "PUT " + media.Path + "/{id}", Handler: files},
		{Pattern: "GET " + media.Path + "/{id}", Handler: files},
		{Pattern: "/hooks/{platform}", Handler: guard.Limit(http.HandlerFunc(g.hook))},
		{Pattern: "/chat/{platform}", Handler: http.HandlerFunc(g.page)},
		{Pattern: "/chat/{platform}/{rest...}", Handler: http.HandlerFunc(g.page)},
		{Pattern: "GET /{$}", Handler: http.HandlerFunc(g.front)},
	}, nil
}

func newGuard(c config.HTTP) *api.Guard {
	var tokens []api.Token
	for _, t := range c.Tokens {
		rate := t.Rate
		if rate == 0 {
			rate = c.Rate
		}
		tokens = append(tokens, api.NewToken(t.Name, t.Token.Reveal(), t.Scopes, rate))
	}
	return api.NewGuard(tokens, c.Rate)
}

// publisher takes envelopes for every platform of the config.
func (g *Gateway) publisher(stopping context.Context) *api.Publisher {
	limits := envelope.DefaultLimits()
	limits.MaxBytes = g.config.Delivery.MaxEnvelope
	p := &api.Publisher{
		Redis: g.bus.Client(), Waiters: g.waiters, Names: g.names, Limits: limits,
		BacklogCap: g.config.Delivery.BacklogCap, Stopping: stopping, Log: g.log,
	}
	for _, a := range g.accounts {
		p.Platforms = append(p.Platforms, a.name)
	}
	return p
}

// files is the store's own API, behind the guard but for signed links, which
// the store checks.
func (g *Gateway) files(guard *api.Guard) http.Handler {
	admitted := media.Handler(g.media, func(*http.Request) bool { return true })
	linked := media.Handler(g.media, func(r *http.Request) bool { return guard.Admits(api.ScopeMedia, r) })
	guarded, limited := guard.Require(api.ScopeMedia, admitted), guard.Limit(linked)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("sig") {
			limited.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	respond.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// nobody answers for a platform that does not do what is asked of it.
func nobody(w http.ResponseWriter, r *http.Request, does string) {
	respond.Refuse(w, http.StatusNotFound, envelope.CodeNotFound, fmt.Sprintf("no platform %q here %s", r.PathValue("platform"), does))
}
