package outbound

import (
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

func TestWhatAPlatformRefusesIsDeadAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, _ int) error {
		if string(part.Body) == "no" {
			return platform.Refused(envelope.CodeForbidden, "channel_id", "not a member of it")
		}
		return nil
	}
	dead, after := b.say("c", "k1", "no"), b.say("c", "k2", "yes")
	b.consumer("n1")
	r := b.receipt(dead)
	if r.Status != envelope.StatusDead || r.Error == nil || r.Error.Code != envelope.CodeForbidden || r.Error.Field != "channel_id" {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
	if r := b.receipt(after); r.Status != envelope.StatusDelivered {
		t.Errorf("the next one: %+v", r)
	}
	letters, err := b.operator().Letters(t.Context(), envelope.Beside(b.stream, "dead"), "", 10)
	if err != nil || len(letters) != 1 {
		t.Fatalf("dead letters %v, %v", letters, err)
	}
	l := letters[0]
	if l.Code != "forbidden" || l.Field != "channel_id" || l.MessageKey != "k1" || l.Stream != b.stream || !strings.Contains(string(l.Data), `"no"`) || l.TS == "" {
		t.Errorf("dead letter %+v", l)
	}
}

func TestRequiresAndWarnings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	warned := b.say("c", "k1", "a", "silent", true)
	refused := b.say("c", "k2", "b", "silent", true, "requires", []string{"silent"})
	thread := b.say("c", "k3", "c", "thread_id", "t")
	file := b.say("c", "k4", "d", "attachments", []any{map[string]any{"filename": "a.txt", "data": "aGk="}})
	b.consumer("n1")
	if r := b.receipt(warned); r.Status != envelope.StatusDelivered || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "silent") {
		t.Errorf("not honoured: %+v", r)
	}
	for field, list := range map[string]string{"silent": refused, "thread_id": thread, "attachments[0].data": file} {
		if r := b.receipt(list); r.Status != envelope.StatusDead || r.Error.Code != envelope.CodeUnsupported || r.Error.Field != field {
			t.Errorf("%s: %+v %+v", field, r, r.Error)
		}
	}
}

func TestExpired(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	list := b.say("c", "k", "late", "expires_at", float64(time.Now().Add(-time.Minute).Unix()))
	b.consumer("n1")
	if r := b.receipt(list); r.Status != envelope.StatusExpired || r.Error.Code != envelope.CodeExpired {
		t.Errorf("receipt %+v", r)
	}
}
