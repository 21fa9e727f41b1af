package discord

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/platform"
)

// TestWhatPasses: what Discord says is off for a while is tried again.
func TestWhatPasses(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40004, 40006, 130000} {
		r := &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}}
		e := refusal(r, fmt.Appendf(nil, `{"code": %d, "message": "later"}`, code), call{method: http.MethodPost, path: "/channels/1/messages"}, time.Now())
		if e.Code != envelope.CodeTransient || e.Sent != platform.SentNo {
			t.Errorf("%d: %v, sent %v; want transient, not sent", code, e, e.Sent)
		}
	}
}

// TestForwardOfWhatIsGone: that the message to forward is gone does not say that
// ours was sent.
func TestForwardOfWhatIsGone(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	forward := envelope.Outbound{Type: "message", Native: map[string]any{
		"message_reference": map[string]any{"type": 1, "channel_id": discordtest.Channel, "message_id": "700000000000000001"},
	}}
	if results, err := l.send(forward); err == nil || platform.AsError(err).Code != envelope.CodeNotFound {
		t.Errorf("it is %+v, %v; want not_found", results, err)
	}
}
