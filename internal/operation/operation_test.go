package operation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/tool"
	"github.com/posternhq/postern/platform"
)

// bare is an adapter with the required part only; whatever is not overridden
// below must not be called.
type bare struct{ platform.Adapter }

func (bare) Identity() platform.Identity {
	return platform.Identity{Platform: "chat", UserID: "42", DisplayName: "Postern"}
}

func (bare) Capabilities() platform.Capabilities {
	return platform.Capabilities{
		Types:     map[envelope.Type]platform.Level{envelope.TypeMessage: platform.Full},
		MaxText:   2000,
		KeyWindow: 3600,
	}
}

// full is one that can be asked everything.
type full struct {
	bare
	channel func(id string) (platform.Channel, error)
	list    []platform.Channel
}

func (f full) Channel(_ context.Context, id string) (platform.Channel, error) { return f.channel(id) }

func (f full) Channels(context.Context) ([]platform.Channel, error) { return f.list, nil }

func (f full) User(_ context.Context, id string) (platform.User, error) {
	return platform.User{ID: id}, nil
}

func (f full) Members(context.Context, string) ([]platform.User, error) { return nil, nil }

func (f full) OpenDM(ctx context.Context, id string) (platform.Channel, error) {
	return f.Channel(ctx, "dm-"+id)
}

func (f full) History(_ context.Context, p platform.HistoryPage) ([]platform.Message, bool, error) {
	if p.Before == "first" {
		return nil, false, nil
	}
	return []platform.Message{{ID: strconv.Itoa(p.Limit), ChannelID: p.ChannelID, ThreadID: p.ThreadID, Content: "before " + p.Before, Timestamp: 1.5}}, true, nil
}

func (f full) Message(_ context.Context, channel, thread, id string) (platform.Message, error) {
	return platform.Message{ID: id, ChannelID: channel, ThreadID: thread, Author: platform.User{ID: "u"}, Ours: true}, nil
}

func (f full) Call(_ context.Context, method string, params map[string]any) (any, error) {
	return map[string]any{"called": method, "with": params}, nil
}

// shelf is a set of tools that remembers its last call.
type shelf struct {
	tools     []tool.Tool
	arguments map[string]any
	hash      string
	fault     *envelope.Error
}

func (s *shelf) List(context.Context) ([]tool.Tool, error) { return s.tools, nil }

func (s *shelf) Find(_ context.Context, name string) (tool.Tool, error) {
	for _, t := range s.tools {
		if t.Name == name {
			return t, nil
		}
	}
	return tool.Tool{}, errors.New("not found")
}

func (s *shelf) Execute(_ context.Context, _ string, arguments map[string]any, hash string) (any, *envelope.Error) {
	s.arguments, s.hash = arguments, hash
	if s.fault != nil {
		return nil, s.fault
	}
	return map[string]any{"is_error": false}, nil
}

func quiet(c Call) Call {
	c.Log = slog.New(slog.DiscardHandler)
	return c
}

func succeed(t *testing.T, c Call) any {
	t.Helper()
	result, fault := New().Run(t.Context(), quiet(c))
	if fault != nil {
		t.Fatalf("%s: %v", c.Method, fault)
	}
	return result
}

func fail(t *testing.T, c Call) *envelope.Error {
	t.Helper()
	result, fault := New().Run(t.Context(), quiet(c))
	if fault == nil {
		t.Fatalf("%s = %v, want an error", c.Method, result)
	}
	return fault
}

func TestResultsArePlain(t *testing.T) {
	t.Parallel()
	lobby := platform.Channel{ID: "lobby", Name: "Lobby"}
	adapter := full{
		channel: func(id string) (platform.Channel, error) { return platform.Channel{ID: id}, nil },
		list:    []platform.Channel{lobby},
	}
	for _, c := range []struct {
		method string
		params map[string]any
		want   any
	}{
		{"identity", nil, map[string]any{"platform": "chat", "user_id": "42", "display_name": "Postern"}},
		{"capabilities", nil, map[string]any{
			"types": map[string]any{"message": int64(2)}, "fields": nil, "max_text": int64(2000),
			"native_key": false, "key_window": int64(3600), "lease_bound": false,
		}},
		{"channel", map[string]any{"channel_id": "a"}, map[string]any{"id": "a", "is_dm": false}},
		{"fetch_history", map[string]any{"channel_id": "a", "thread_id": "t", "before": "m9", "limit": 2}, map[string]any{
			"messages": []any{map[string]any{
				"id": "2", "channel_id": "a", "thread_id": "t", "author": map[string]any{"id": "", "is_bot": false},
				"ours": false, "content": "before m9", "timestamp": 1.5,
			}},
			"more": true,
		}},
		{"fetch_history", map[string]any{"channel_id": "a", "before": "first"}, map[string]any{"messages": []any{}, "more": false}},
		{"fetch_message", map[string]any{"channel_id": "a", "message_id": "m1"}, map[string]any{
			"id": "m1", "channel_id": "a", "author": map[string]any{"id": "u", "is_bot": false}, "ours": true, "content": "", "timestamp": int64(0),
		}},
		{"channels", map[string]any{}, []any{map[string]any{"id": "lobby", "name": "Lobby", "is_dm": false}}},
	} {
		if diff := cmp.Diff(c.want, succeed(t, Call{Method: c.method, Params: c.params, Adapter: adapter})); diff != "" {
			t.Errorf("%s: %s", c.method, diff)
		}
	}
	if got := succeed(t, Call{Method: "channels", Adapter: full{}}); got == nil {
		t.Error("channels of a platform with none: null, want an empty list")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call  Call
		code  envelope.Code
		field string
		words string
	}{
		"misspelt":           {Call{Method: "chanel"}, envelope.CodeUnknownMethod, "method", `did you mean "channel"?`},
		"unheard of":         {Call{Method: "make_coffee"}, envelope.CodeUnknownMethod, "method", `"make_coffee"`},
		"empty":              {Call{}, envelope.CodeUnknownMethod, "method", `""`},
		"long":               {Call{Method: strings.Repeat("x", 1<<20)}, envelope.CodeUnknownMethod, "method", "xxx"},
		"no history":         {Call{Method: "fetch_history", Adapter: bare{}}, envelope.CodeUnsupported, "method", "does not let us read"},
		"a page too long":    {Call{Method: "fetch_history", Adapter: full{}, Params: map[string]any{"channel_id": "a", "limit": 101}}, envelope.CodeInvalid, "params.limit", "100"},
		"a page of nothing":  {Call{Method: "fetch_history", Adapter: full{}, Params: map[string]any{"channel_id": "a", "limit": 0}}, envelope.CodeInvalid, "params.limit", "1"},
		"not this platform":  {Call{Method: "channel", Adapter: bare{}}, envelope.CodeUnsupported, "method", "cannot describe a channel"},
		"nor this":           {Call{Method: "channels", Adapter: bare{}}, envelope.CodeUnsupported, "method", "cannot list"},
		"no platform":        {Call{Method: "identity"}, envelope.CodeUnsupported, "method", "no platform"},
		"no tools":           {Call{Method: "list_tools"}, envelope.CodeUnsupported, "method", "no tools"},
		"missing param":      {Call{Method: "channel", Adapter: full{}}, envelope.CodeInvalid, "params.channel_id", "is missing"},
		"wrong type":         {Call{Method: "channel", Adapter: full{}, Params: map[string]any{"channel_id": 5}}, envelope.CodeInvalid, "params.channel_id", `want "string"`},
		"unknown param":      {Call{Method: "channel", Adapter: full{}, Params: map[string]any{"channel_id": "a", "chanel": 1}}, envelope.CodeInvalid, "params.chanel", "is not known"},
		"param of none":      {Call{Method: "identity", Adapter: bare{}, Params: map[string]any{"a": 1}}, envelope.CodeInvalid, "params.a", "is not known"},
		"arguments no map":   {Call{Method: "execute_tool", Tools: &shelf{}, Params: map[string]any{"name": "x", "arguments": "y"}}, envelope.CodeInvalid, "params.arguments", "object"},
		"params not JSON":    {Call{Method: "identity", Adapter: bare{}, Params: map[string]any{"a": func() {}}}, envelope.CodeInvalid, "params", "JSON"},
		"a tool's arguments": {Call{Method: "execute_tool", Params: map[string]any{"name": "x"}, Tools: &shelf{fault: &envelope.Error{Code: envelope.CodeInvalid, Field: "arguments.city", Message: "is missing"}}}, envelope.CodeInvalid, "params.arguments.city", "is missing"},
	} {
		fault := fail(t, c.call)
		if fault.Code != c.code || fault.Field != c.field || !strings.Contains(fault.Message, c.words) || len(fault.Message) > 1000 {
			t.Errorf("%s: %+v, want %s at %s with %q", name, fault, c.code, c.field, c.words)
		}
	}
}

func TestAdapterErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want envelope.Error
	}{
		"of the platform": {
			&platform.Error{Code: envelope.CodeRateLimited, Message: "slow down", Field: "channel_id", RetryAfter: 1500 * time.Millisecond, Cause: errors.New("token s3cret")},
			envelope.Error{Code: envelope.CodeRateLimited, Message: "slow down", Field: "params.channel_id", RetryAfter: 1.5},
		},
		"any other": {
			errors.New("dial with token s3cret"),
			envelope.Error{Code: envelope.CodeInternal, Message: "method channel failed inside the gateway: its log says how"},
		},
	} {
		adapter := full{channel: func(string) (platform.Channel, error) { return platform.Channel{}, c.err }}
		fault := fail(t, Call{Method: "channel", Params: map[string]any{"channel_id": "a"}, Adapter: adapter})
		if diff := cmp.Diff(&c.want, fault); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAPanicTellsNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	adapter := full{channel: func(string) (platform.Channel, error) { panic("token s3cret") }}
	_, fault := New().Run(t.Context(), Call{
		Method: "channel", Params: map[string]any{"channel_id": "a"}, Adapter: adapter,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if fault == nil || fault.Code != envelope.CodeInternal {
		t.Fatalf("fault = %v, want internal", fault)
	}
	if strings.Contains(fault.Message+log.String(), "s3cret") {
		t.Errorf("the panic's value leaks: %v\n%s", fault, log.String())
	}
	if !strings.Contains(log.String(), "operation_test.go") {
		t.Errorf("the log lacks the stack: %s", log.String())
	}
}

func TestAContextThatEnds(t *testing.T) {
	t.Parallel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	if _, fault := New().Run(late, Call{Method: "identity", Adapter: bare{}}); fault == nil || fault.Code != envelope.CodeTimeout {
		t.Errorf("past its deadline: %v, want timeout", fault)
	}
	off, cancel := context.WithCancel(t.Context())
	cancel()
	if _, fault := New().Run(off, Call{Method: "identity", Adapter: bare{}}); fault == nil || fault.Code != envelope.CodeInterrupted {
		t.Errorf("called off: %v, want interrupted", fault)
	}
}

func TestTools(t *testing.T) {
	t.Parallel()
	s := &shelf{tools: []tool.Tool{{Name: "reads", ReadOnly: true, InputSchema: map[string]any{}}}}
	list := succeed(t, Call{Method: "list_tools", Tools: s}).([]any)
	if len(list) != 1 || list[0].(map[string]any)["name"] != "reads" || list[0].(map[string]any)["read_only"] != true {
		t.Errorf("list_tools = %v", list)
	}
	const big = int64(1)<<62 + 1 // no float64 holds it
	succeed(t, Call{Method: "execute_tool", Tools: s, Params: map[string]any{"name": "reads", "arguments": map[string]any{"n": big}, "schema_hash": "h"}})
	if diff := cmp.Diff(map[string]any{"n": big}, s.arguments); diff != "" || s.hash != "h" {
		t.Errorf("the tool got %s, hash %q", diff, s.hash)
	}
}

func TestSafe(t *testing.T) {
	t.Parallel()
	s := &shelf{tools: []tool.Tool{{Name: "reads", ReadOnly: true}, {Name: "repeats", Idempotent: true}, {Name: "acts"}}}
	execute := func(params map[string]any) Call { return Call{Method: "execute_tool", Tools: s, Params: params} }
	for name, c := range map[string]struct {
		call Call
		want bool
	}{
		"a method that reads":     {Call{Method: "identity", Adapter: bare{}}, true},
		"one that is not offered": {Call{Method: "open_dm"}, true},
		"one that nobody knows":   {Call{Method: "nonsense"}, true},
		"a tool that reads":       {execute(map[string]any{"name": "reads"}), true},
		"an idempotent tool":      {execute(map[string]any{"name": "repeats"}), true},
		"a tool that acts":        {execute(map[string]any{"name": "acts"}), false},
		"a tool that is gone":     {execute(map[string]any{"name": "gone"}), false},
		"a tool without a name":   {execute(nil), true},
	} {
		if got := New().Safe(t.Context(), c.call); got != c.want {
			t.Errorf("%s: Safe = %t, want %t", name, got, c.want)
		}
	}
}

func TestTheTableIsTheContracts(t *testing.T) {
	t.Parallel()
	var got []string
	for _, m := range New().Methods() {
		got = append(got, m.Name)
		if m.Summary == "" {
			t.Errorf("%s has no summary", m.Name)
		}
		if m.Params == nil || !m.Offered(Call{Adapter: full{}, Tools: &shelf{}}) {
			t.Errorf("%s cannot be called", m.Name)
		}
	}
	want := []string{
		"capabilities", "channel", "channels", "execute_tool", "fetch_history", "fetch_message",
		"identity", "list_tools", "members", "open_dm", "platform_call", "user",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever is called with whatever, the answer is a result or an error with
// its code, and either can be encoded.
func TestRunAnswersAnything(t *testing.T) {
	t.Parallel()
	table := New()
	adapter := full{channel: func(id string) (platform.Channel, error) { return platform.Channel{ID: id}, nil }}
	name := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"identity", "channel", "execute_tool", "channel_id", "name", "arguments"}))
	value := rapid.OneOf(rapid.String().AsAny(), rapid.Int().AsAny(), rapid.Float64().AsAny(), rapid.Just[any](nil), rapid.SliceOf(rapid.Byte()).AsAny(), rapid.Just[any](map[string]any{}))
	rapid.Check(t, func(rt *rapid.T) {
		call := quiet(Call{
			Method: name.Draw(rt, "method"), Params: rapid.MapOf(name, value).Draw(rt, "params"),
			Adapter: adapter, Tools: &shelf{},
		})
		result, fault := table.Run(t.Context(), call)
		if (result == nil) == (fault == nil) {
			rt.Fatalf("result %v and error %v, want one", result, fault)
		}
		if fault != nil && (fault.Code == "" || fault.Code == envelope.CodeInternal || fault.Message == "") {
			rt.Fatalf("error %+v", fault)
		}
		if _, err := json.Marshal(result); err != nil {
			rt.Fatal(err)
		}
	})
}
