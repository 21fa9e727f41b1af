package webhook

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// TestPermitAtTheWrite: a permit that ends while the connection is being made,
// or while one is kept, holds every byte of the request back.
func TestPermitAtTheWrite(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*httptest.Server){
		"http": (*httptest.Server).Start, "https": (*httptest.Server).StartTLS,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var taken atomic.Int32
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken.Add(1) }))
			start(server)
			t.Cleanup(server.Close)
			a := newAdapter(t, server.URL, nil)
			a.client.Transport.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
			opened(t, a)
			part := aPart(t, a)

			for _, connection := range []string{"a new", "a kept"} {
				var asked atomic.Int32
				_, err := a.Do(platform.WithPermit(t.Context(), func() error {
					if asked.Add(1) == 1 {
						return nil
					}
					return errors.New("the lease has run out")
				}), part)
				if e := platform.AsError(err); err == nil || e.Sent != platform.SentNo || e.Code != envelope.CodeUnavailable {
					t.Errorf("on %s connection: %v, sent=%v; want unavailable, sent=no", connection, err, e.Sent)
				}
				if taken.Load() != 0 {
					t.Errorf("on %s connection: the receiver got the request", connection)
				}
				if _, err := a.Do(t.Context(), part); err != nil {
					t.Errorf("with a permit: %v", err)
				}
				taken.Store(0)
			}
		})
	}
}
