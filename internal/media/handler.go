package media

import (
	"errors"
	"net/http"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/respond"
	"github.com/posternhq/postern/platform"
)

// Handler is the HTTP API of a store:
//
//	PUT  /v1/media/<id>   keeps the body; ?filename= and Content-Type name it
//	POST /v1/media        the same, under an id that the store makes
//	GET  /v1/media/<id>   the bytes; also HEAD, ranges, and by a signed address
//
// authorized reports whether a request bears a token of the scope media.
// Nothing but the form of the id is looked at before.
func Handler(s *Store, authorized func(*http.Request) bool) http.Handler {
	h := &handler{store: s, authorized: authorized}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"/{id}", h.get)
	mux.HandleFunc("PUT "+Path+"/{id}", h.put)
	mux.HandleFunc("POST "+Path, h.put)
	return mux
}

type handler struct {
	store      *Store
	authorized func(*http.Request) bool
	foreign    http.CrossOriginProtection // where no token is asked for, any page's script could write
}

func (h *handler) put(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if r.Method == http.MethodPost {
		id = NewID()
	}
	limit := h.store.config.MaxSize
	switch err := checkID(id); {
	case err != nil:
		refuse(w, err)
		return
	case !h.authorized(r):
		unauthorized(w, "needs a bearer token of the scope media, see http.tokens in the config")
		return
	case h.foreign.Check(r) != nil:
		refuse(w, platform.Refused(envelope.CodeForbidden, "", "a page of another site may not upload here"))
		return
	case r.ContentLength > limit:
		refuse(w, platform.Refused(envelope.CodeTooLarge, "", "it has %d bytes; this gateway keeps at most %d of a file", r.ContentLength, limit))
		return
	}
	note := Note{Filename: r.URL.Query().Get("filename"), Mimetype: r.Header.Get("Content-Type")}
	about, made, err := h.store.Put(r.Context(), id, note, steadyBody(w, r))
	if err != nil {
		refuse(w, err)
		return
	}
	kept, err := h.store.attachment(r.Context(), about)
	if err != nil {
		refuse(w, err)
		return
	}
	status := http.StatusOK
	if made {
		status = http.StatusCreated
		w.Header().Set("Location", Path+"/"+id)
	}
	respond.JSON(w, status, kept)
}

func (h *handler) get(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if err := checkID(id); err != nil {
		refuse(w, err)
		return
	}
	if !h.mayRead(w, r, id) {
		return
	}
	about, content, err := h.store.Get(r.Context(), id)
	if err != nil {
		refuse(w, err)
		return
	}
	defer content.Close() //nolint:errcheck // only read
	kind := "attachment"
	if inline(about.Found) {
		kind = "inline"
	}
	for name, value := range map[string]string{
		"Content-Type":                 served(about.Found),
		"Content-Disposition":          disposition(kind, about.Filename, about.Found),
		"X-Content-Type-Options":       "nosniff",
		"Content-Security-Policy":      "sandbox; default-src 'none'",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"Cache-Control":                "private, max-age=3600, immutable",
		"ETag":                         `"` + about.SHA256 + `"`,
	} {
		w.Header().Set(name, value)
	}
	http.ServeContent(steadyWriter(w), r, "", about.Kept, content)
}

// mayRead reports whether a request bears a signature of ours or a token; if
// not, it has been answered.
func (h *handler) mayRead(w http.ResponseWriter, r *http.Request, id string) bool {
	query := r.URL.Query()
	signed := query.Has("sig")
	var why error
	if signed {
		if why = h.store.config.Links.check(r.Context(), id, query); why == nil {
			return true
		}
	}
	switch {
	case h.authorized(r):
		return true
	case !signed:
		unauthorized(w, "needs a bearer token of the scope media, or a signed address")
	case errors.Is(why, errForged), errors.Is(why, errExpired):
		refuse(w, platform.Refused(envelope.CodeForbidden, "", "%v", why))
	default:
		refuse(w, transient("the signature cannot be checked", why))
	}
	return false
}

// statuses are the HTTP statuses of the store's errors.
var statuses = map[envelope.Code]int{
	envelope.CodeInvalid: http.StatusBadRequest, envelope.CodeForbidden: http.StatusForbidden,
	envelope.CodeNotFound: http.StatusNotFound, envelope.CodeConflict: http.StatusConflict,
	envelope.CodeTooLarge: http.StatusRequestEntityTooLarge, envelope.CodeTransient: http.StatusServiceUnavailable,
}

func refuse(w http.ResponseWriter, err error) {
	failure := platform.AsError(err)
	status, ok := statuses[failure.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	fault := envelope.Error{Code: failure.Code, Field: failure.Field, Message: failure.Message}
	if status == http.StatusServiceUnavailable {
		fault.RetryAfter = 1
	}
	respond.Error(w, status, fault)
}

func unauthorized(w http.ResponseWriter, message string) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="postern"`)
	respond.Refuse(w, http.StatusUnauthorized, envelope.CodeAuth, message)
}
