package platformtest

import (
	"context"
	"errors"
	"testing"

	"github.com/posternhq/postern/envelope"
)

// TestHostRefuses as the real one does: the event is dropped, the cursor moves.
func TestHostRefuses(t *testing.T) {
	t.Parallel()
	h := NewHost()
	h.Refuse(func(e envelope.Event) bool { return e.UserID == "ann" })
	for _, who := range []string{"bo", "ann"} {
		e := envelope.Event{Event: envelope.EventMessage, EventID: who, UserID: who}
		if got := h.Takes(e); got != (who == "bo") {
			t.Errorf("it takes %s's: %v", who, got)
		}
		if err := h.Publish(t.Context(), e, who); err != nil {
			t.Fatal(err)
		}
	}
	cursor, _ := h.Cursor(t.Context())
	if events := h.Events(); len(events) != 1 || events[0].UserID != "bo" || cursor != "ann" {
		t.Errorf("%d events, the cursor at %q; want bo's alone, and the cursor at ann's", len(events), cursor)
	}
}

// TestHostRecordsWhoeverWaits: who is gone before the answer has published all
// the same, as with the real one.
func TestHostRecordsWhoeverWaits(t *testing.T) {
	t.Parallel()
	h := NewHost()
	ended, end := context.WithCancel(t.Context())
	end()
	err := h.Publish(ended, envelope.Event{Event: envelope.EventMessage, EventID: "1"}, "")
	if !errors.Is(err, context.Canceled) || len(h.Events()) != 1 {
		t.Errorf("%v, and %d events; want that it was cancelled, and one", err, len(h.Events()))
	}
}
