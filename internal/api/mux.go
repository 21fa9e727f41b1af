package api

import (
	"net/http"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/respond"
)

// Route is one pattern of http.ServeMux and what answers it.
type Route struct {
	Pattern string
	Handler http.Handler
}

// NewMux serves routes. What none of them is for is answered as every error
// is: 404, or 405 with the methods that there are.
func NewMux(routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.Handle(route.Pattern, route.Handler)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		verdict := unsent{header: http.Header{}}
		handler.ServeHTTP(&verdict, r)
		if verdict.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", verdict.header.Get("Allow"))
			respond.Refuse(w, http.StatusMethodNotAllowed, envelope.CodeInvalid, "this path takes "+verdict.header.Get("Allow")+", not "+r.Method)
			return
		}
		respond.Refuse(w, http.StatusNotFound, envelope.CodeNotFound, "there is nothing at this path; /v1/openapi.json lists what there is")
	})
}

// unsent is an answer that is only looked at.
type unsent struct {
	header http.Header
	status int
}

func (u *unsent) Header() http.Header         { return u.header }
func (u *unsent) Write(p []byte) (int, error) { return len(p), nil }
func (u *unsent) WriteHeader(status int)      { u.status = status }
