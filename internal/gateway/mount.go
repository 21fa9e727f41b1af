package gateway

import (
	"net/http"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/respond"
	"github.com/posternhq/postern/platform"
)

// hook hands a platform's own callback to its adapter.
func (g *Gateway) hook(w http.ResponseWriter, r *http.Request) {
	a, ok := g.account(r.PathValue("platform"))
	if !ok || a.hooks == nil {
		nobody(w, r, "takes callbacks")
		return
	}
	a.serve(w, r, a.hooks.ServeHook)
}

// page hands what a person asks for to the platform whose pages they are.
func (g *Gateway) page(w http.ResponseWriter, r *http.Request) {
	a, ok := g.account(r.PathValue("platform"))
	if !ok || a.pages == nil {
		nobody(w, r, "has pages")
		return
	}
	a.serve(w, r, a.pages.ServePage)
}

// front leads to the first platform with pages. The address is relative, so
// that it holds behind a proxy that adds a prefix.
func (g *Gateway) front(w http.ResponseWriter, _ *http.Request) {
	for _, a := range g.accounts {
		if a.pages != nil {
			w.Header().Set("Location", "chat/"+a.name)
			w.WriteHeader(http.StatusFound)
			return
		}
	}
	respond.Refuse(w, http.StatusNotFound, envelope.CodeNotFound, "no platform here has pages; /healthz, /readyz and /metrics say how the gateway is")
}

func (g *Gateway) account(name string) (*account, bool) {
	for _, a := range g.accounts {
		if a.name == name {
			return a, true
		}
	}
	return nil, false
}

// serve hands a request to the adapter, once it is open.
func (a *account) serve(w http.ResponseWriter, r *http.Request, handle http.HandlerFunc) {
	if !a.isOpen() {
		respond.Error(w, http.StatusServiceUnavailable, envelope.Error{
			Code: envelope.CodeUnavailable, Message: "the platform is not open yet", RetryAfter: 1,
		})
		return
	}
	handle(w, r)
}

// handlers looks up what an adapter answers of its own over HTTP.
func handlers(adapter platform.Adapter) (hooks platform.HookHandler, pages platform.PageHandler) {
	hooks, _ = adapter.(platform.HookHandler)
	pages, _ = adapter.(platform.PageHandler)
	return hooks, pages
}
