package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a Publisher over an embedded Redis, where the test is the gateway
// that delivers.
type desk struct {
	t         *testing.T
	redis     redis.UniversalClient
	publisher *Publisher
	handler   http.Handler
	stop      context.CancelFunc
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	b, err := bus.Open(bus.Options{URL: bus.EmbeddedURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	stopping, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	limits := envelope.DefaultLimits()
	limits.MaxBytes = 4096
	p := &Publisher{
		Redis: b.Client(), Waiters: b.NewWaiters(2), Names: envelope.NewNames("postern"), Platforms: []string{"chat"},
		Limits: limits, Stopping: stopping, Log: slog.New(slog.DiscardHandler),
	}
	h := Observe(p.Log, NewMux([]Route{{"POST /v1/outbound/{platform}", p}}))
	return &desk{t: t, redis: b.Client(), publisher: p, handler: h, stop: stop}
}

func (d *desk) post(path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/v1/outbound/"+path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

// published asserts a 202, and that the entry is there; it returns both.
func (d *desk) published(w *httptest.ResponseRecorder) (published, map[string]any) {
	d.t.Helper()
	var answer published
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 202 || answer.Stream != "postern:outbound:chat" {
		d.t.Fatalf("it was answered %d, %s", w.Code, w.Body)
	}
	entries := d.redis.XRange(d.t.Context(), answer.Stream, answer.EntryID, answer.EntryID).Val()
	if len(entries) != 1 {
		d.t.Fatalf("entry %s is not there", answer.EntryID)
	}
	return answer, entries[0].Values
}

// next waits for the next entry and reads its envelope.
func (d *desk) next() (id string, e *envelope.Outbound) {
	d.t.Helper()
	got, err := d.redis.XRead(d.t.Context(), &redis.XReadArgs{Streams: []string{"postern:outbound:chat", "0"}, Count: 1, Block: 10 * time.Second}).Result()
	if err != nil {
		d.t.Fatal(err)
	}
	entry := got[0].Messages[0]
	decoded, fault := envelope.DecodeOutbound([]byte(entry.Values["data"].(string)), envelope.DefaultLimits())
	if fault != nil {
		d.t.Fatal(fault)
	}
	return entry.ID, decoded.Envelope
}

const hello = `{"type":"message","channel_id":"lobby","text":"hello"}`

func TestPublishesTheBytesAsTheyAre(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	body := ` {"type":"message", "channel_id":"lobby","text":"hello","txet":1}`
	answer, entry := d.published(d.post("chat", body, "X-Request-Id", "r1"))
	if entry["data"] != body || entry["trace_id"] != "r1" || entry["ts"] == "" {
		t.Errorf("the entry: %v", entry)
	}
	if len(answer.Warnings) != 1 || !strings.Contains(answer.Warnings[0], "txet") {
		t.Errorf("warnings: %v", answer.Warnings)
	}
	packed, err := envelope.Encode(envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "c", Text: "x", TraceID: "t1"}, envelope.MessagePack)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"application/msgpack", "application/octet-stream", ""} {
		_, entry = d.published(d.post("chat", string(packed), "Content-Type", kind))
		if entry["data"] != string(packed) || entry["trace_id"] != "t1" {
			t.Errorf("as %q: %v", kind, entry)
		}
	}
	for kind, body := range map[string]string{"application/json": string(packed), "application/vnd.msgpack": hello} {
		wantFailure(t, kind, d.post("chat", body, "Content-Type", kind), 400, envelope.CodeUndecodable)
	}
}

func TestMistakesAreToldAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, tt := range []struct {
		path, body string
		status     int
		code       envelope.Code
		field      string
	}{
		{"chat", ``, 400, envelope.CodeUndecodable, "data"},
		{"chat", `{`, 400, envelope.CodeUndecodable, ""},
		{"chat", `[]`, 400, envelope.CodeUndecodable, "data"},
		{"chat", `{"type":"message","text":"x"}`, 400, envelope.CodeInvalid, "channel_id"},
		{"chat", `{"type":"message","channel_id":"c","text":"x","platform":"other"}`, 400, envelope.CodeInvalid, "platform"},
		{"chat", `{"type":"message","channel_id":"c","text":"x","requires":["wings"]}`, 400, envelope.CodeUnsupported, "requires"},
		{"chat", `{"type":"message","channel_id":"c","text":"x","receipt_to":"victim"}`, 400, envelope.CodeForbidden, "receipt_to"},
		{"chat", `{"type":"rpc","request_id":"r","method":"identity"}`, 400, envelope.CodeInvalid, "reply_queue"},
		{"chat", `{"type":"rpc","request_id":"r","method":"identity","reply_queue":"victim"}`, 400, envelope.CodeForbidden, "reply_queue"},
		{"chat?wait=10s", `{"type":"rpc","request_id":"r"}`, 400, envelope.CodeInvalid, "method"},
		{"chat?wait=10s", `{"type":"rpc","request_id":"r","method":"identity","timeout_ms":-1}`, 400, envelope.CodeInvalid, "timeout_ms"},
		{"chat?wait=10s", `{"type":"rpc","request_id":"r","method":"identity","reply_queue":"postern:reply:mine"}`, 400, envelope.CodeInvalid, "reply_queue"},
		{"chat?wait=10s", `{"type":"message","channel_id":"c","text":"x","receipt_to":"postern:reply:mine"}`, 400, envelope.CodeInvalid, "receipt_to"},
		{"chat?wait", hello, 400, envelope.CodeInvalid, "wait"},
		{"chat?wait=0s", hello, 400, envelope.CodeInvalid, "wait"},
		{"chat?wait=10", hello, 400, envelope.CodeInvalid, "wait"},
		{"chat?wait=61s", hello, 400, envelope.CodeInvalid, "wait"},
		{"chat", `{"type":"message","channel_id":"c","text":"` + strings.Repeat("x", 5000) + `"}`, 413, envelope.CodeTooLarge, "data"},
		{"other", hello, 404, envelope.CodeNotFound, ""},
	} {
		f := wantFailure(t, tt.path+" "+tt.body[:min(len(tt.body), 80)], d.post(tt.path, tt.body), tt.status, tt.code)
		if tt.field != "" && f.Error.Field != tt.field {
			t.Errorf("%s %.80s: field %q, want %q", tt.path, tt.body, f.Error.Field, tt.field)
		}
	}
	if n := d.redis.XLen(t.Context(), "postern:outbound:chat").Val(); n != 0 {
		t.Errorf("%d of them were published", n)
	}
}

func TestIdempotencyKeyBecomesTheMessageKey(t *testing.T) {
	t.Parallel()
	stream := `{"type":"stream","channel_id":"c","stream_id":"s","seq":0,"text":"x"}`
	for _, tt := range []struct {
		name, body, header, key string
		warned                  bool
	}{
		{"none", hello, "", "", false},
		{"plain", hello, "k1", "k1", false},
		{"quoted", hello, `"k 1"`, "k 1", false},
		{"the envelope's own", `{"type":"message","channel_id":"c","text":"x","message_key":"own"}`, "k1", "own", true},
		{"the same", `{"type":"message","channel_id":"c","text":"x","message_key":"k1"}`, "k1", "k1", false},
		{"a stream", stream, "k1", "", true},
	} {
		d := newDesk(t)
		answer, _ := d.published(d.post("chat", tt.body, "Idempotency-Key", tt.header))
		if _, e := d.next(); e.MessageKey != tt.key {
			t.Errorf("%s: message_key %q, want %q", tt.name, e.MessageKey, tt.key)
		}
		if warned := len(answer.Warnings) > 0; warned != tt.warned {
			t.Errorf("%s: warnings %v", tt.name, answer.Warnings)
		}
	}
	wantFailure(t, "too long", newDesk(t).post("chat", hello, "Idempotency-Key", strings.Repeat("x", 257)), 400, envelope.CodeInvalid)
}

// answer pushes what the gateway would.
func (d *desk) answer(list string, v any, enc envelope.Encoding) {
	d.t.Helper()
	data, err := envelope.Encode(v, enc)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.redis.RPush(d.t.Context(), list, data).Err(); err != nil {
		d.t.Fatal(err)
	}
}

// meanwhile posts beside the test.
func (d *desk) meanwhile(path, body string) <-chan *httptest.ResponseRecorder {
	done := make(chan *httptest.ResponseRecorder, 1)
	go func() { done <- d.post(path, body) }()
	return done
}

func TestWaitBringsTheReceipt(t *testing.T) {
	t.Parallel()
	for _, enc := range []envelope.Encoding{envelope.JSON, envelope.MessagePack} {
		d := newDesk(t)
		body, err := envelope.Encode(envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "c", Text: "x"}, enc)
		if err != nil {
			t.Fatal(err)
		}
		done := d.meanwhile("chat?wait=20s", string(body))
		id, e := d.next()
		d.answer(e.ReceiptTo, envelope.Receipt{EntryID: id, Status: envelope.StatusDead, Warnings: []string{"w"}, Error: &envelope.Error{Code: envelope.CodeForbidden, Message: "no"}}, enc)
		w := <-done
		got, err := envelope.DecodeReceipt(w.Body.Bytes())
		if err != nil || w.Code != 200 || got.EntryID != id || got.Status != envelope.StatusDead || got.Error.Code != envelope.CodeForbidden || len(got.Warnings) != 1 {
			t.Errorf("as %v: %d, %s, %v", enc, w.Code, w.Body, err)
		}
		if left := d.redis.Exists(t.Context(), e.ReceiptTo).Val(); left != 0 {
			t.Error("the list is left")
		}
	}
}

func TestWaitBringsTheReply(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	done := d.meanwhile("chat?wait=20s", `{"type":"rpc","request_id":"r1","method":"identity","unknown":1}`)
	_, e := d.next()
	d.answer(e.ReplyQueue, envelope.Reply{RequestID: "r1", OK: true, Result: map[string]any{"user_id": "U1"}}, envelope.JSON)
	w := <-done
	if want := `{"request_id":"r1","ok":true,"result":{"user_id":"U1"}}` + "\n"; w.Code != 200 || w.Body.String() != want {
		t.Errorf("%d, %s", w.Code, w.Body)
	}
}

func TestWaitEndsWithoutAReceipt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	answer, _ := d.published(d.post("chat?wait=50ms", hello))
	if !strings.Contains(answer.Note, "50ms") {
		t.Errorf("the note: %q", answer.Note)
	}
	// Two places, and no third; a stop sends both home.
	first, second := d.meanwhile("chat?wait=20s", hello), d.meanwhile("chat?wait=20s", hello)
	for deadline := time.Now().Add(10 * time.Second); d.redis.XLen(t.Context(), "postern:outbound:chat").Val() < 3; {
		if time.Now().After(deadline) {
			t.Fatal("they are not published")
		}
	}
	w := d.post("chat?wait=20s", hello)
	wantFailure(t, "a third", w, 503, envelope.CodeUnavailable)
	if w.Header().Get("Retry-After") == "" {
		t.Error("it is not told when to come again")
	}
	d.stop()
	for _, done := range []<-chan *httptest.ResponseRecorder{first, second} {
		if answer, _ := d.published(<-done); !strings.Contains(answer.Note, "stops") {
			t.Errorf("the note: %q", answer.Note)
		}
	}
	if n := d.redis.XLen(t.Context(), "postern:outbound:chat").Val(); n != 3 {
		t.Errorf("%d entries, want 3", n)
	}
}

func TestBacklogCap(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.publisher.BacklogCap = 2
	d.published(d.post("chat", hello))
	d.published(d.post("chat", hello))
	f := wantFailure(t, "above the cap", d.post("chat", hello), 429, envelope.CodeRateLimited)
	if f.Error.RetryAfter != 1 || !strings.Contains(f.Error.Message, "delivery.backlog_cap") {
		t.Errorf("it is told %+v", f.Error)
	}
}

func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := httptest.NewRequest(http.MethodPost, "/v1/outbound/chat", io.MultiReader(strings.NewReader(hello[:10]), broken{}))
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	wantFailure(t, "half a body", w, 400, envelope.CodeUndecodable)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
