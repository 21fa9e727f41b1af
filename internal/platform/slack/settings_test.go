package slack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/slack/slacktest"
	"github.com/posternhq/postern/platform"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	good := map[string]any{
		"token": slacktest.Token, "app_token": slacktest.AppToken, "events": "socket", "rates": "published", "api_url": "https://slack.com/api", "timeout": time.Minute,
	}
	for field, values := range map[string]map[string]any{
		"token":          {"token": "my-secret-token"},
		"token begins":   {"token": "xapp-my-secret"},
		"app_token":      {"app_token": ""},
		"app_token b":    {"app_token": "xoxb-my-secret"},
		"signing_secret": {"events": "http"},
		"api_url":        {"api_url": "ftp://x"},
		"timeout":        {"timeout": time.Duration(0)},
		"rates":          {"rates": "fast"},
		"events":         {"events": "both"},
		"calls":          {"calls": []string{"get chat"}},
	} {
		all := map[string]any{}
		for name, v := range good {
			all[name] = v
		}
		for name, v := range values {
			all[name] = v
		}
		_, err := New(platform.Settings{Name: "slack", Values: all})
		if err == nil || !strings.HasPrefix(err.Error(), field) || strings.Contains(err.Error(), "my-secret") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestCheck says whose the token is, and what does not work, without a secret.
func TestCheck(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	says := func(found []platform.Finding) string { return fmt.Sprint(found) }
	found := a.Check(t.Context())
	if len(found) != 4 || found[0].Verdict != platform.Right || !strings.Contains(found[0].Says, "@postern's in Test") || !strings.Contains(found[2].Says, "2 conversations") || !strings.Contains(found[3].Says, "Socket Mode") {
		t.Errorf("all is well: %s", says(found))
	}
	s.Grant("chat:write", "channels:history")
	if found := a.Check(t.Context()); len(found) < 10 || found[1].Verdict != platform.Doubtful || !strings.Contains(says(found), "files:read") || strings.Contains(says(found), "without the scope channels:history") {
		t.Errorf("without scopes: %s", says(found))
	}
	s.Grant("commands")
	if found := a.Check(t.Context()); found[1].Verdict != platform.Wrong {
		t.Errorf("without the right to write: %s", says(found))
	}
	for name, c := range map[string]struct {
		values map[string]any
		last   platform.Verdict
		field  string
	}{
		"another token":     {map[string]any{"token": "xoxb-another"}, platform.Wrong, "token: "},
		"another app token": {map[string]any{"app_token": "xapp-another"}, platform.Wrong, "app_token: "},
		"by HTTP":           {map[string]any{"events": eventsHTTP}, platform.Right, "events come by HTTP"},
	} {
		found := newAdapter(t, s, c.values).Check(t.Context())
		last := found[len(found)-1]
		if last.Verdict != c.last || !strings.HasPrefix(last.Says, c.field) || last.Verdict == platform.Wrong && last.Do == "" || strings.Contains(says(found), "another") {
			t.Errorf("%s: %s", name, says(found))
		}
	}
	s.Stop()
	if found := a.Check(t.Context()); len(found) != 1 || found[0].Verdict != platform.Wrong {
		t.Errorf("nobody there: %s", says(found))
	}
}

// TestErrors classes what Slack answers.
func TestErrors(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		code  envelope.Code
		field string
		sent  platform.Sent
	}{
		"channel_not_found": {envelope.CodeNotFound, "channel_id", platform.SentNo}, "is_archived": {envelope.CodeForbidden, "", platform.SentNo},
		"thread_not_found": {envelope.CodeNotFound, "thread_id", platform.SentNo}, "msg_too_long": {envelope.CodeTooLarge, "", platform.SentNo},
		"restricted_action_read_only_channel": {envelope.CodeForbidden, "", platform.SentNo}, "token_revoked": {envelope.CodeAuth, "", platform.SentNo},
		"invalid_blocks": {envelope.CodeInvalid, "", platform.SentNo}, "an_error_to_come": {envelope.CodeInvalid, "", platform.SentNo},
		"fatal_error": {envelope.CodeUnknown, "", platform.SentUnknown}, "internal_error": {envelope.CodeUnknown, "", platform.SentUnknown},
		"service_unavailable": {envelope.CodeTransient, "", platform.SentNo}, "ratelimited": {envelope.CodeRateLimited, "", platform.SentNo},
		"access_denied": {envelope.CodeForbidden, "", platform.SentNo}, "ekm_access_denied": {envelope.CodeForbidden, "", platform.SentNo},
		"team_access_not_granted": {envelope.CodeForbidden, "", platform.SentNo},
		"expired_trigger_id":      {envelope.CodeNotFound, "interaction_id", platform.SentNo}, "edit_window_closed": {envelope.CodeForbidden, "", platform.SentNo},
	} {
		e := refusal(post, &http.Response{StatusCode: 200}, answer{Error: name})
		if e.Code != want.code || e.Field != want.field || e.Sent != want.sent || !strings.Contains(e.Message, name) {
			t.Errorf("%s is %s about %q, sent=%v", name, e.Code, e.Field, e.Sent)
		}
	}
	for _, c := range []struct {
		needed, provided string
		code             envelope.Code
	}{
		{"reactions:write", "chat:write,im:history", envelope.CodeForbidden},
		{"chat:write", "commands,im:history", envelope.CodeAuth},
		{"chat:write:bot", "commands,im:history", envelope.CodeAuth},
		{"chat:write", "", envelope.CodeAuth},
		// What needs more than most messages do: the others go on.
		{"chat:write:bot", "im:history, chat:write", envelope.CodeForbidden},
		{"chat:write.customize", "chat:write,im:history", envelope.CodeForbidden},
		{"chat:write.customize", "chat:write.public,im:history", envelope.CodeAuth},
	} {
		e := refusal(post, &http.Response{StatusCode: 200}, answer{Error: "missing_scope", Needed: c.needed, Provided: c.provided})
		if e.Code != c.code || e.Sent != platform.SentNo || !strings.Contains(e.Message, c.needed) {
			t.Errorf("%q is needed, and granted is %q: %v; want %s", c.needed, c.provided, e, c.code)
		}
	}
	limited := &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {"9"}}}
	if e := refusal(update, limited, answer{Error: "ratelimited"}); e.RetryAfter != 9*time.Second || e.Gate != platform.GateRoute {
		t.Errorf("a 429 to an edit: %+v", e)
	}
	if e := unreadable(&http.Response{StatusCode: 503}); e.Sent != platform.SentUnknown {
		t.Errorf("a proxy's 503: %+v", e)
	}
}

func TestAsking(t *testing.T) {
	t.Parallel()
	s, a := start(t, map[string]any{"calls": []string{"conversations.info"}})
	opened(t, a, nil)
	ctx := t.Context()
	if got, err := a.Channel(ctx, crew); err != nil || got != (platform.Channel{ID: crew, Name: "crew", GuildID: slacktest.TeamID}) {
		t.Errorf("channel: %+v, %v", got, err)
	}
	if got, err := a.Channels(ctx); err != nil || len(got) != 2 || got[1].Name != "Ann Lee" || !got[1].IsDM {
		t.Errorf("channels: %+v, %v", got, err)
	}
	if got, err := a.User(ctx, "U0ANN"); err != nil || got.DisplayName != "Ann Lee" || got.Username != "ann.lee" {
		t.Errorf("user: %+v, %v", got, err)
	}
	if _, err := a.User(ctx, "U0NOBODY"); platform.AsError(err).Code != envelope.CodeNotFound || platform.AsError(err).Field != "user_id" {
		t.Errorf("nobody: %v", err)
	}
	if got, err := a.Members(ctx, crew); err != nil || len(got) != 3 || !got[0].IsBot || got[2].DisplayName != "Ben" {
		t.Errorf("members: %+v, %v", got, err)
	}
	if got, err := a.OpenDM(ctx, "U0BEN"); err != nil || got.ID != "D0BEN" || !got.IsDM || got.Name != "Ben" {
		t.Errorf("open_dm: %+v, %v", got, err)
	}
	if got, err := a.Call(ctx, "conversations.info", map[string]any{"channel": crew}); err != nil || got.(map[string]any)["ok"] != true {
		t.Errorf("platform_call: %v, %v", got, err)
	}
	for _, p := range []map[string]any{nil, {"token": "x"}} {
		if _, err := a.Call(ctx, map[bool]string{true: "chat.delete", false: "conversations.info"}[p == nil], p); err == nil {
			t.Errorf("a call with %v was made", p)
		}
	}
	if id := a.Identity(); id.UserID != slacktest.BotUID || id.Mention != "<@U0BOT>" {
		t.Errorf("identity %+v", id)
	}
	do(t, a, envelope.Outbound{Type: "presence", Status: "idle"})
	if s.Presence() != "away" {
		t.Errorf("presence %q", s.Presence())
	}
}

// TestHistory reads what was said, by whomever, page by page, in a channel and in
// a thread.
func TestHistory(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	var ids []string
	for n := range 7 {
		ids = append(ids, s.Say(crew, "U0BEN", fmt.Sprintf("m%d", n), nil))
	}
	ids = append(ids, do(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Text: "*ours*"})[0].MessageID)
	for n := range 5 {
		s.Say(crew, "U0ANN", fmt.Sprintf("t%d", n), map[string]any{"thread_ts": ids[3]})
	}
	s.Change(crew, ids[6], "m6 changed")
	host.WaitEvents(t, 13)
	read := func(p platform.HistoryPage) (texts []string, more bool) {
		got, more, err := a.History(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range got {
			texts = append(texts, m.Content)
		}
		return texts, more
	}
	texts, more := read(platform.HistoryPage{ChannelID: crew, Limit: 3})
	if diff := cmp.Diff([]string{"m5", "m6 changed", "*ours*"}, texts); diff != "" || !more {
		t.Errorf("the newest, more %v: %s", more, diff)
	}
	texts, more = read(platform.HistoryPage{ChannelID: crew, Before: ids[2], Limit: 3})
	if diff := cmp.Diff([]string{"m0", "m1"}, texts); diff != "" || more {
		t.Errorf("the oldest, more %v: %s", more, diff)
	}
	texts, more = read(platform.HistoryPage{ChannelID: crew, ThreadID: ids[3], Limit: 4})
	if diff := cmp.Diff([]string{"t1", "t2", "t3", "t4"}, texts); diff != "" || !more {
		t.Errorf("a thread, more %v: %s", more, diff)
	}
	m, err := a.Message(t.Context(), crew, "", ids[6])
	if err != nil || m.EditedAt == 0 || m.Author.DisplayName != "Ben" || m.Ours {
		t.Errorf("one message: %+v, %v", m, err)
	}
	if m, err := a.Message(t.Context(), crew, "", ids[7]); err != nil || !m.Ours || m.ChannelID != crew {
		t.Errorf("ours: %+v, %v", m, err)
	}
	if _, err := a.Message(t.Context(), crew, "", "1500000000.000001"); platform.AsError(err).Code != envelope.CodeNotFound {
		t.Errorf("what is not there: %v", err)
	}
}
