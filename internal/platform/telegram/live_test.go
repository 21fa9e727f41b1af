package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/telegram/telegramtest"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// opened opens an adapter with a host, until the test ends.
func opened(t *testing.T, a *Adapter, host *platformtest.Host) *platformtest.Host {
	t.Helper()
	if host == nil {
		host = platformtest.NewHost()
	}
	if err := a.Open(t.Context(), host); err != nil {
		t.Fatalf("Open: %v", err)
	}
	host.WaitState(t, platform.StateReady)
	t.Cleanup(func() { closed(t, a) })
	return host
}

func closed(t *testing.T, a *Adapter) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := a.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// do plans and does an envelope, and returns the results of its parts.
func do(t *testing.T, a *Adapter, e envelope.Outbound, targets ...string) []platform.Result {
	t.Helper()
	parts, err := a.Plan(platform.Operation{Key: "k", Envelope: &e, Targets: targets})
	if err != nil {
		t.Fatal(err)
	}
	var results []platform.Result
	for _, p := range parts {
		r, err := a.Do(t.Context(), p)
		if err != nil {
			t.Fatalf("%s: %v", p.Body, err)
		}
		results = append(results, r)
	}
	return results
}

func start(t *testing.T, values map[string]any) (*telegramtest.Server, *Adapter) {
	s := telegramtest.New(t)
	a := newAdapter(t, s, values)
	unlimited(a)
	return s, a
}

// TestEvents: what people do comes in as events, each kind of it.
func TestEvents(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	s.AddChat(telegramtest.Chat{ID: -1001, Type: "supergroup", Title: "Crew", Topics: map[int64]bool{7: true}})
	host := opened(t, a, nil)
	mine := s.Put(1000, telegramtest.BotID, "ours")

	s.Say(1000, "hello **you**", nil)
	s.Say(-1001, "hi @postern_bot", map[string]any{
		"entities": []any{map[string]any{"type": "mention", "offset": 3, "length": 12}}, "is_topic_message": true, "message_thread_id": 7,
	})
	s.Say(1000, "/start now", map[string]any{"entities": []any{map[string]any{"type": "bot_command", "offset": 0, "length": 6}}})
	query := s.Press(1000, mine, "yes")
	s.Update("message_reaction", map[string]any{
		"chat": map[string]any{"id": 1000, "type": "private"}, "message_id": mine, "date": 5, "user": map[string]any{"id": 42, "first_name": "Ann"},
		"old_reaction": []any{map[string]any{"type": "emoji", "emoji": "👎"}}, "new_reaction": []any{map[string]any{"type": "emoji", "emoji": "👍"}},
	})
	s.Update("my_chat_member", map[string]any{
		"chat": map[string]any{"id": -1001, "type": "supergroup", "title": "Crew"}, "from": map[string]any{"id": 42}, "date": 5,
		"old_chat_member": map[string]any{"status": "left"}, "new_chat_member": map[string]any{"status": "member", "user": map[string]any{"id": telegramtest.BotID}},
	})
	s.Update("something_new", map[string]any{"x": 1})
	last := s.Say(1000, "the end", nil)

	events := host.WaitEvents(t, 8)
	var got []string
	for _, e := range events {
		addressed := ""
		if e.IsAddressed {
			addressed = " to us"
		}
		got = append(got, strings.Join(strings.Fields(strings.Join([]string{
			string(e.Event), e.ChannelID, e.ThreadID, e.UserID, e.Content, e.Command, e.CustomID, e.Emoji, e.Member, addressed,
		}, " ")), " "))
	}
	want := []string{
		`message 1000 42 hello \*\*you\*\* to us`,
		`message -1001 7 42 hi @postern\_bot to us`,
		`command 1000 42 /start now start to us`,
		`button 1000 42 yes to us`,
		`reaction 1000 42 👎`,
		`reaction 1000 42 👍`,
		`member -1001 42 joined`,
		`message 1000 42 the end to us`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if e := events[3]; e.InteractionID != query || e.MessageID != number(mine) {
		t.Errorf("the button's event is %+v", e)
	}
	if e := events[2]; e.Arguments["text"] != "now" {
		t.Errorf("the command's arguments are %v", e.Arguments)
	}
	if events[4].EventID == events[5].EventID || !events[4].Removed || events[5].Removed {
		t.Errorf("the reactions are %+v and %+v", events[4], events[5])
	}
	if e := events[7]; e.MessageID != number(last) || e.DisplayName != "Ann" || !e.IsDM {
		t.Errorf("the last message's event is %+v", e)
	}
	platformtest.Until(t, "the button acknowledged", func() bool { return len(s.Answered()) == 1 }, s)
}

// TestNothingIsConfirmedUnrecorded: an update that cannot be recorded is kept by
// Telegram, and comes once it can be, on this node or the next; what was
// recorded does not come again.
func TestNothingIsConfirmedUnrecorded(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := platformtest.NewHost()
	opened(t, a, host)
	s.Say(1000, "one", nil)
	host.WaitEvents(t, 1)
	host.FailPublish(errors.New("no Redis"))
	s.Say(1000, "two", nil)
	platformtest.Until(t, "a failed record", func() bool { return strings.Contains(host.Logged(), "could not be recorded") }, host)
	if s.Pending() == 0 {
		t.Fatal("what was not recorded was confirmed")
	}
	closed(t, a)

	next := newAdapter(t, s, nil)
	host.FailPublish(nil)
	opened(t, next, host)
	s.Say(1000, "three", nil)
	var got []string
	for _, e := range host.WaitEvents(t, 3) {
		got = append(got, e.Content)
	}
	if diff := cmp.Diff([]string{"one", "two", "three"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestAStrangerPolls: another program that takes the bot's updates is told of,
// and not fought.
func TestAStrangerPolls(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	stranger := newAdapter(t, s, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var polls sync.WaitGroup
	polls.Go(func() {
		for ctx.Err() == nil { // whoever polls last is served: it may be told of us first
			var updates []json.RawMessage
			_ = stranger.fetch(ctx, 0, pollLasts, &updates)
		}
	})
	host.WaitState(t, platform.StateLost)
	cancel()
	polls.Wait()
	platformtest.Until(t, "the log says so", func() bool { return strings.Contains(host.Logged(), "409") }, host)
	stranger.client.close()
}

// TestBackSoon: after an outage the bot is ready with the first poll that works,
// long before one that is held would end.
func TestBackSoon(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	s.Away(true)
	host.WaitState(t, platform.StateLost)
	s.Away(false)
	host.WaitState(t, platform.StateReady)
}

func TestHook(t *testing.T) {
	t.Parallel()
	s := telegramtest.New(t)
	var a *Adapter
	mux := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.ServeHook(w, r) }))
	t.Cleanup(mux.Close)
	a = newAdapter(t, s, map[string]any{"updates": updatesWebhook, "hook_url": mux.URL, "secret": testSecret})
	if a.Capabilities().LeaseBound {
		t.Error("a webhook needs no lease")
	}
	host := opened(t, a, nil)
	host.FailPublish(errors.New("no Redis"))
	s.Say(1000, "one", nil)
	platformtest.Until(t, "a failed record", func() bool { return strings.Contains(host.Logged(), "could not be recorded") }, host)
	host.FailPublish(nil)
	if e := host.WaitEvents(t, 1)[0]; e.Content != "one" {
		t.Errorf("got %+v", e)
	}
	platformtest.Until(t, "the update confirmed", func() bool { return s.Pending() == 0 }, s)

	r := httptest.NewRequest(http.MethodPost, "/hooks/tg", strings.NewReader(`{"update_id":9}`))
	r.Header.Set(secretHeader, "guessed")
	w := httptest.NewRecorder()
	a.ServeHook(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("a guessed secret is answered %d", w.Code)
	}
}

func TestFilesBothWays(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	file := s.Upload("plan.pdf", "application/pdf", []byte("a plan"))
	s.Say(1000, "", map[string]any{"caption": "look", "document": map[string]any{"file_id": file, "file_name": "plan.pdf", "mime_type": "application/pdf", "file_size": 6}})
	s.Say(1000, "", map[string]any{"video": map[string]any{"file_id": "gone", "file_size": maxDownload + 1}})
	events := host.WaitEvents(t, 2)
	kept := events[0].Attachments[0]
	if kept.Blob == "" || kept.Filename != "plan.pdf" || kept.Size != 6 || events[0].Content != "look" {
		t.Errorf("the file came as %+v", kept)
	}
	if big := events[1].Attachments[0]; big.Blob != "" || big.Filename != "video.mp4" || big.Size != maxDownload+1 {
		t.Errorf("the file that bots may not fetch came as %+v", big)
	}

	r := do(t, a, envelope.Outbound{Type: "message", ChannelID: "1000", Text: "*back*", Attachments: []envelope.Media{{Blob: kept.Blob, Filename: "plan.pdf", Mimetype: "application/pdf"}}})
	m, ok := s.Message(1000, parse64(r[0].MessageID))
	if !ok || m.Kind != "document" || m.Text != "back" {
		t.Fatalf("it arrived as %+v", m)
	}
	if name, data := s.File(m.File); name != "plan.pdf" || string(data) != "a plan" {
		t.Errorf("the file arrived as %s: %q", name, data)
	}

	edited := do(t, a, envelope.Outbound{Type: "edit", ChannelID: "1000", Text: "new caption"}, r[0].MessageID)
	if m, _ := s.Message(1000, parse64(r[0].MessageID)); m.Text != "new caption" || edited[0].MessageID != r[0].MessageID {
		t.Errorf("the caption is %q", m.Text)
	}
	if again := do(t, a, envelope.Outbound{Type: "edit", ChannelID: "1000", Text: "new caption"}, r[0].MessageID); len(again) != 1 {
		t.Error("an edit that changes nothing failed")
	}
}

func parse64(s string) int64 {
	n, _ := json.Number(s).Int64()
	return n
}

// TestAnUploadThatBreaksOff made nothing: it is known not to have been sent.
func TestAnUploadThatBreaksOff(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	opened(t, a, nil)
	broken := io.MultiReader(strings.NewReader("the beginning"), iotest.ErrReader(errors.New("the disk fails")))
	err := a.client.call(t.Context(), "sendDocument", params{"chat_id": 1000}, &upload{webapi.File{ReadCloser: io.NopCloser(broken), Name: "f", Mimetype: "text/plain", Size: 1 << 20}, "document"}, nil, nil)
	if e := platform.AsError(err); err == nil || e.Code != envelope.CodeTransient || e.Sent != platform.SentNo {
		t.Errorf("%v, sent=%v", err, e.Sent)
	}
	if n := len(s.Effects()); n != 0 {
		t.Errorf("it had %d effects", n)
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	me := &user{ID: 5}
	for cursor, want := range map[string]int64{"": 0, "5:7": 8, "6:7": 0, "7": 0, "5:x": 0} {
		if got := after(cursor, me); got != want {
			t.Errorf("after %q comes %d, want %d", cursor, got, want)
		}
	}
}

// TestAReplyToWhatIsGone is sent without, and says so.
func TestAReplyToWhatIsGone(t *testing.T) {
	t.Parallel()
	_, a := start(t, nil)
	opened(t, a, nil)
	r := do(t, a, envelope.Outbound{Type: "message", ChannelID: "1000", ReplyTo: "999", Text: "x"})
	if len(r[0].Warnings) != 1 {
		t.Errorf("warnings %v", r[0].Warnings)
	}
}

func TestAsking(t *testing.T) {
	t.Parallel()
	s, a := start(t, map[string]any{"calls": []string{"getChat"}, "commands": []string{"start=Begin"}})
	s.AddChat(telegramtest.Chat{ID: -1001, Type: "supergroup", Title: "Crew"})
	opened(t, a, nil)
	ctx := t.Context()
	if got, err := a.Channel(ctx, "-1001"); err != nil || got.Name != "Crew" || got.IsDM {
		t.Errorf("channel: %+v, %v", got, err)
	}
	if got, err := a.User(ctx, "1000"); err != nil || got.DisplayName != "Ann" || got.Username != "ann_lee" {
		t.Errorf("user: %+v, %v", got, err)
	}
	if got, err := a.Members(ctx, "-1001"); err != nil || len(got) != 1 || got[0].DisplayName != "Olga" {
		t.Errorf("members: %+v, %v", got, err)
	}
	if got, err := a.OpenDM(ctx, "1000"); err != nil || got.ID != "1000" || !got.IsDM {
		t.Errorf("open_dm: %+v, %v", got, err)
	}
	if got, err := a.Call(ctx, "getChat", map[string]any{"chat_id": -1001}); err != nil || got.(map[string]any)["title"] != "Crew" {
		t.Errorf("platform_call: %v, %v", got, err)
	}
	if _, err := a.Call(ctx, "banChatMember", nil); platform.AsError(err).Code != envelope.CodeForbidden {
		t.Errorf("a call that is not named: %v", err)
	}
	if id := a.Identity(); id.UserID != "123456" || id.Mention != "@postern_bot" {
		t.Errorf("identity %+v", id)
	}
	if !strings.Contains(s.Commands(), "Begin") {
		t.Errorf("the menu is %s", s.Commands())
	}
}
