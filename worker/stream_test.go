package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

func TestStreamGrows(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	began := time.Now()
	stream := c.Stream(t.Context(), lobby, StreamOptions{Every: 50 * time.Millisecond, Format: "plain", TraceID: "tr"})
	const words = 100
	write := func(text string) {
		if n, err := stream.WriteString(text); n != len(text) || err != nil {
			t.Fatalf("Write: %d, %v", n, err)
		}
	}
	write("héllo ")
	first := g.next()
	if first.Type != envelope.TypeStream || first.Text != "héllo " || first.StreamID != stream.ID() || first.Final || first.Format != "plain" ||
		first.ChannelID != "lobby" || first.ThreadID != "t1" || first.TraceID != "tr" || first.Seq < began.UnixMilli() {
		t.Errorf("the first snapshot: %+v", first.Outbound)
	}
	for range words {
		write("w\xc3")
		pause(t.Context(), time.Millisecond)
		write("\xb6rd ")
	}
	if err := stream.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	whole, last, n := "héllo "+strings.Repeat("wörd ", words), first, 0
	for !last.Final {
		a := g.next()
		if a.Seq <= last.Seq || !strings.HasPrefix(whole, a.Text) || len(a.Text) < len(last.Text) || a.Text == last.Text && !a.Final {
			t.Fatalf("snapshot %d %q after %d %q", a.Seq, a.Text, last.Seq, last.Text)
		}
		last = a
		n++
	}
	if last.Text != whole || stream.Text() != whole {
		t.Errorf("the final text is %q", last.Text)
	}
	if most := 2 + int(time.Since(began)/(50*time.Millisecond)); n > most {
		t.Errorf("%d snapshots, expected at most %d", n, most)
	}
	if _, err := stream.WriteString("more"); err == nil {
		t.Error("it was written to after Close")
	}
}

func TestStreamThatGoesQuietSaysSoAgain(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	stream := c.Stream(t.Context(), lobby, StreamOptions{keep: 20 * time.Millisecond})
	if _, err := stream.WriteString("thinking"); err != nil {
		t.Fatal(err)
	}
	first, second := g.next(), g.next()
	if first.Text != "thinking" || second.Text != "thinking" || second.Seq <= first.Seq {
		t.Errorf("kept alive by %+v, then %+v", first.Outbound, second.Outbound)
	}
	stream.Abandon()
}

func TestStreamOfNothingIsNoMessage(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	tokens := make(chan string)
	close(tokens)
	if _, err := c.StreamTokens(t.Context(), lobby, tokens, StreamOptions{}); !errors.Is(err, ErrStreamEmpty) {
		t.Errorf("%v", err)
	}
	if _, err := c.Publish(t.Context(), Text(lobby, "next")); err != nil {
		t.Fatal(err)
	}
	if a := g.next(); a.Text != "next" {
		t.Errorf("%+v was published", a.Outbound)
	}
}

func TestStreamTokens(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	tokens := make(chan string)
	done := make(chan waited, 1)
	go func() {
		r, err := c.StreamTokens(t.Context(), lobby, tokens, StreamOptions{ID: "answer"})
		done <- waited{r, err}
	}()
	for _, token := range []string{"a", "b", "c"} {
		tokens <- token
	}
	close(tokens)
	a := g.next()
	for !a.Final {
		a = g.next()
	}
	g.deliver(a, "m1")
	if got := await(t, done, "the receipt"); got.err != nil || got.receipt.MessageIDs[0] != "m1" || a.Text != "abc" || a.StreamID != "answer" {
		t.Errorf("%+v, %v, of %+v", got.receipt, got.err, a.Outbound)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ErrStopping)
	if _, err := c.StreamTokens(ctx, lobby, make(chan string), StreamOptions{}); !errors.Is(err, ErrStopping) {
		t.Errorf("%v", err)
	}
}

// A snapshot that Redis did not take costs nothing, and one that no gateway
// would take ends the writing.
func TestStreamInTrouble(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := redistest.NewProxy(t, s)
	c, g := open(t, p.URL(), func(o *Options) { o.MaxEnvelope = 4096 }), newGateway(t, s.Client())
	stream := c.Stream(t.Context(), lobby, StreamOptions{Every: time.Millisecond})
	p.Cut()
	if _, err := stream.WriteString("one"); err != nil {
		t.Fatal(err)
	}
	if a := g.next(); a.Text != "one" {
		t.Errorf("%+v", a.Outbound)
	}
	for ctx := t.Context(); ctx.Err() == nil; pause(ctx, time.Millisecond) {
		_, err := stream.WriteString(strings.Repeat("x", 1000))
		var fault *envelope.Error
		if errors.As(err, &fault) && fault.Code == envelope.CodeTooLarge {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Close(t.Context()); err == nil {
		t.Error("a text that is too long was closed without an error")
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "a": "a", "ä": "ä", "a\xc3": "a", "€"[:2]: "", "a😀"[:3]: "a", "a😀"[:4]: "a", "a😀": "a😀", "\xff": "\xff", "a\x80\x80\x80": "a\x80\x80\x80",
	} {
		if got := whole([]byte(text)); got != want {
			t.Errorf("whole(%q) = %q, expected %q", text, got, want)
		}
	}
}
