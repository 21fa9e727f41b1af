package telegram

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/respond"
)

const (
	maxUpdate    = 4 << 20 // bytes
	secretHeader = "X-Telegram-Bot-Api-Secret-Token"
)

// ServeHook takes one update that Telegram posts. It answers 200 only after
// what it says is recorded; Telegram sends again what was answered otherwise.
func (a *Adapter) ServeHook(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code envelope.Code, message string) {
		respond.Error(w, status, envelope.Error{Code: code, Message: message})
	}
	host := a.host.Load()
	switch {
	case !a.config.webhook:
		refuse(http.StatusNotFound, envelope.CodeNotFound, "this bot takes its updates by polling; set updates: webhook")
		return
	case host == nil:
		refuse(http.StatusServiceUnavailable, envelope.CodeUnavailable, "this platform is not open on this node; send it again")
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		refuse(http.StatusMethodNotAllowed, envelope.CodeInvalid, "updates are posted")
		return
	case subtle.ConstantTimeCompare([]byte(r.Header.Get(secretHeader)), []byte(a.config.secret)) != 1:
		refuse(http.StatusUnauthorized, envelope.CodeAuth, secretHeader+" is not this bot's secret")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpdate))
	if err != nil || !json.Valid(body) {
		refuse(http.StatusBadRequest, envelope.CodeInvalid, "expected one update as JSON")
		return
	}
	if id, err := a.take(r.Context(), host, body); err != nil {
		host.Log().Warn("an update could not be recorded; Telegram was told to send it again", "update", id, "error", err)
		refuse(http.StatusServiceUnavailable, envelope.CodeUnavailable, "it could not be recorded; send it again")
		return
	}
	w.WriteHeader(http.StatusOK)
}
