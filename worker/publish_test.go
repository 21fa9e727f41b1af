package worker

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

var lobby = envelope.Address{Platform: "chat", ChannelID: "lobby", ThreadID: "t1"}

func TestPublishWritesTheEntry(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	for enc, first := range map[envelope.Encoding]string{envelope.JSON: "{", envelope.MessagePack: "\x85"} {
		c := open(t, s.URL(), func(o *Options) {
			o.Encoding = enc
			o.Names = envelope.NewNames(enc.String())
		})
		out := Text(lobby, "hello")
		out.TraceID = "trace-1"
		id, err := c.Publish(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.redis.XRange(t.Context(), enc.String()+":outbound:chat", "-", "+").Result()
		if err != nil || len(got) != 1 || got[0].ID != id {
			t.Fatalf("the stream has %v, %v; expected entry %s", got, err, id)
		}
		f := got[0].Values
		if data := f["data"].(string); f["trace_id"] != "trace-1" || f["ts"] == "" || !strings.HasPrefix(data, first) && enc == envelope.JSON {
			t.Errorf("%v: fields %q", enc, f)
		}
		d, fault := envelope.DecodeOutbound([]byte(f["data"].(string)), envelope.DefaultLimits())
		if fault != nil || !reflect.DeepEqual(*d.Envelope, out) || d.Encoding != enc {
			t.Errorf("%v: %+v, %v; expected %+v", enc, d.Envelope, fault, out)
		}
	}
}

func TestPublishSaysWhichFieldIsWrong(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	for field, out := range map[string]envelope.Outbound{
		"platform":   {Type: envelope.TypeMessage, ChannelID: "c", Text: "x"},
		"channel_id": {Type: envelope.TypeMessage, Platform: "chat", Text: "x"},
		"text":       Text(lobby, ""),
		"message_id": Edit(lobby, "", "x"),
		"emoji":      React(lobby, "m1", ""),
		"status":     Presence("chat", "dancing", ""),
		"data":       Text(lobby, strings.Repeat("x", 1<<20)),
	} {
		_, err := c.Publish(t.Context(), out)
		var fault *envelope.Error
		if !errors.As(err, &fault) || (fault.Field != field && field != "data") {
			t.Errorf("%s: %v", field, err)
		}
		if field == "data" && (fault == nil || fault.Code != envelope.CodeTooLarge || !strings.Contains(err.Error(), "url or blob")) {
			t.Errorf("too large: %v", err)
		}
	}
	if n, err := c.redis.Exists(t.Context(), "postern:outbound:chat").Result(); n != 0 || err != nil {
		t.Errorf("something was published: %v", err)
	}
}

func TestComposedEnvelopesAreValid(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	for _, out := range []envelope.Outbound{
		Text(lobby, "x"), File(lobby, envelope.Media{Filename: "a.txt", Data: []byte("a")}, "see"), File(lobby, envelope.Media{Blob: "b"}, ""),
		Edit(lobby, "m1", "y"), Delete(lobby, "m1"), React(lobby, "m1", "👍"), Typing(lobby), Presence("chat", "dnd", "thinking"),
	} {
		if _, err := c.Publish(t.Context(), out); err != nil {
			t.Errorf("%s: %v", out.Type, err)
		}
	}
}

func TestPublishHeedsTheBacklogCap(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	key := c.names.Platform("chat")
	if p, err := c.Platform(t.Context(), "chat"); err != nil || p.Known {
		t.Errorf("an unknown platform: %+v, %v", p, err)
	}
	if _, err := c.Publish(t.Context(), Text(lobby, "nobody is there yet")); err != nil {
		t.Errorf("to an unknown platform: %v", err)
	}
	if err := c.redis.HSet(t.Context(), key, "kind", "webchat", "state", "connected", "backlog_cap", 2, "paused", "1", "capabilities", `{"a":1}`).Err(); err != nil {
		t.Fatal(err)
	}
	c.platforms = newDirectory(c.redis, c.names) // the answer above serves for a second
	if p, err := c.Platform(t.Context(), "chat"); err != nil || !p.Known || !p.Paused || p.Kind != "webchat" || p.BacklogCap != 2 || string(p.Capabilities) != `{"a":1}` {
		t.Errorf("platform %+v, %v", p, err)
	}
	if _, err := c.Publish(t.Context(), Text(lobby, "2")); err != nil {
		t.Errorf("below the cap: %v", err)
	}
	_, err := c.Publish(t.Context(), Text(lobby, "3"))
	var full *BacklogError
	if !errors.As(err, &full) || *full != (BacklogError{Platform: "chat", Waiting: 2, Cap: 2, Paused: true}) {
		t.Fatalf("at the cap: %v", err)
	}
	if text := err.Error(); !strings.Contains(text, "2 envelopes wait") || !strings.Contains(text, "postern resume chat") {
		t.Errorf("it says %q", text)
	}
}

func TestPublishUnderAContextThatIsOverPublishesNothing(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ErrLost)
	if _, err := c.Publish(ctx, Text(lobby, "x")); !errors.Is(err, ErrLost) {
		t.Errorf("%v; expected %v", err, ErrLost)
	}
	if n, err := c.redis.Exists(t.Context(), "postern:outbound:chat").Result(); n != 0 || err != nil {
		t.Errorf("something was published: %v", err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"a password": {URL: "redis://user:secret@127.0.0.1:1/0"},
		"no url":     {URL: "127.0.0.1"},
		"group":      {Group: "{x}"},
		"consumer":   {Consumer: "a b"},
		"namespace":  {Names: envelope.NewNames("{x}")},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c, err := Open(ctx, o)
		if err == nil {
			t.Errorf("%s: opened", name)
			_ = c.Close()
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error bears the password: %v", name, err)
		}
	}
}
