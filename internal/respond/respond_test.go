package respond

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/posternhq/postern/envelope"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer      func(http.ResponseWriter)
		id          string
		body, retry string
		status      int
	}{
		"a value": {
			answer: func(w http.ResponseWriter) { JSON(w, http.StatusCreated, map[string]string{"a": "<b>"}) },
			status: 201, body: `{"a":"<b>"}` + "\n",
		},
		"an error": {
			answer: func(w http.ResponseWriter) { Refuse(w, http.StatusNotFound, envelope.CodeNotFound, "no") },
			status: 404, body: `{"error":{"code":"not_found","message":"no"}}` + "\n",
		},
		"one that says when to come again": {
			answer: func(w http.ResponseWriter) {
				Error(w, http.StatusTooManyRequests, envelope.Error{Code: envelope.CodeRateLimited, Message: "no", RetryAfter: 1.2})
			},
			status: 429, retry: "2", body: `{"error":{"code":"rate_limited","message":"no","retry_after":1.2}}` + "\n",
		},
		"one of a request with an id": {
			answer: func(w http.ResponseWriter) { Refuse(w, http.StatusNotFound, envelope.CodeNotFound, "no") },
			id:     "r1", status: 404, body: `{"error":{"code":"not_found","message":"no"},"request_id":"r1"}` + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			if tt.id != "" {
				w.Header().Set(RequestID, tt.id)
			}
			tt.answer(w)
			if h := w.Header(); w.Code != tt.status || w.Body.String() != tt.body || h.Get("Retry-After") != tt.retry ||
				h.Get("Content-Type") != "application/json; charset=utf-8" || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%d %v\n%s", w.Code, h, w.Body)
			}
		})
	}
}
