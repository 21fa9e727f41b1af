package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// gallery is a fake that takes files by blob, and tells what they were.
type gallery struct {
	*fake
	shown chan string
}

func newGallery() gallery {
	g := gallery{newFake(), make(chan string, 10)}
	g.caps.Fields["attachments"] = platform.Full
	g.caps.Media = map[string]platform.Level{"data": platform.Full, "blob": platform.Full}
	return g
}

func (g gallery) Plan(op platform.Operation) ([]platform.Part, error) {
	body, err := json.Marshal(op.Envelope.Attachments)
	return []platform.Part{{Type: op.Envelope.Type, ChannelID: op.Envelope.ChannelID, Body: body}}, err
}

func (g gallery) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	var media []envelope.Media
	if err := json.Unmarshal(part.Body, &media); err != nil {
		return platform.Result{}, err
	}
	g.mutex.Lock()
	host := g.host
	g.mutex.Unlock()
	for _, m := range media {
		content, about, err := host.Media().Open(ctx, m)
		if err != nil {
			return platform.Result{}, err
		}
		data, err := io.ReadAll(content)
		content.Close()
		if err != nil {
			return platform.Result{}, err
		}
		g.shown <- fmt.Sprintf("%s %s %q", about.Filename, about.Mimetype, data)
	}
	return platform.Result{MessageID: "m-" + part.Key}, nil
}

func mediaIn(t *testing.T, change ...func(*config.Config)) func(*config.Config) {
	dir := t.TempDir()
	return func(c *config.Config) {
		c.Media.Dir = dir
		c.Media.Fetch.Allow = []string{"127.0.0.1"}
		for _, f := range change {
			f(c)
		}
	}
}

// say publishes a message of attachments and returns its receipt.
func (n *node) say(attachments ...envelope.Media) envelope.Receipt {
	n.t.Helper()
	list := n.names.Namespace + ":reply:" + n.t.Name()
	data, err := json.Marshal(envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "c", Attachments: attachments, ReceiptTo: list})
	if err != nil {
		n.t.Fatal(err)
	}
	client := n.bus.Client()
	add := client.XAdd(n.t.Context(), &redis.XAddArgs{Stream: n.names.Outbound("chat"), Values: []any{"data", data}})
	if err := add.Err(); err != nil {
		n.t.Fatal(err)
	}
	got, err := client.BLPop(n.t.Context(), patience, list).Result()
	if err != nil {
		n.t.Fatal(err)
	}
	var receipt envelope.Receipt
	if err := json.Unmarshal([]byte(got[1]), &receipt); err != nil {
		n.t.Fatal(err)
	}
	return receipt
}

// request sends a body to a path of the node.
func (n *node) request(method, path, body, authorization string) (status int, answer []byte) {
	n.t.Helper()
	req, err := http.NewRequestWithContext(n.t.Context(), method, "http://"+n.Addr()+path, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := client.Do(req)
	if err != nil {
		n.t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, err = io.ReadAll(resp.Body); err != nil {
		n.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// A worker gives media in each way; the platform gets files.
func TestMediaReachThePlatform(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late.txt" && asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "from the web")
	}))
	t.Cleanup(web.Close)
	chat := newGallery()
	n := startNode(t, redistest.Start(t).URL(), "n1", one(chat), mediaIn(t))
	status, body := n.request(http.MethodPost, "/v1/media?filename=up.txt", "uploaded", "")
	var kept envelope.Attachment
	if err := json.Unmarshal(body, &kept); err != nil || status != http.StatusCreated {
		t.Fatalf("upload: %d, %s", status, body)
	}
	r := n.say(envelope.Media{Data: []byte("in it"), Filename: "a.txt"}, envelope.Media{Blob: kept.Blob}, envelope.Media{URL: web.URL + "/late.txt?token=hush"})
	if r.Status != envelope.StatusDelivered {
		t.Fatalf("receipt: %+v, %+v", r, r.Error)
	}
	for _, want := range []string{`a.txt text/plain "in it"`, `up.txt text/plain "uploaded"`, `late.txt text/plain "from the web"`} {
		if got := <-chat.shown; got != want {
			t.Errorf("the platform got %s, want %s", got, want)
		}
	}
	if asked.Load() != 3 || r.Attempts < 3 {
		t.Errorf("asked %d times for what came late; %d attempts", asked.Load(), r.Attempts)
	}
}

func TestMediaThatCannotBeHad(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	n := startNode(t, redistest.Start(t).URL(), "n1", one(newGallery()), mediaIn(t))
	for _, tt := range []struct {
		medium envelope.Media
		code   envelope.Code
		field  string
	}{
		{envelope.Media{URL: web.URL + "/?token=hush"}, envelope.CodeNotFound, "attachments[0].url"},
		{envelope.Media{URL: "http://169.254.169.254/?token=hush"}, envelope.CodeForbidden, "attachments[0].url"},
		{envelope.Media{Blob: strings.Repeat("a", 32)}, envelope.CodeNotFound, "attachments[0].blob"},
		{envelope.Media{Blob: "../../etc/passwd"}, envelope.CodeInvalid, "attachments[0].blob"},
	} {
		r := n.say(tt.medium)
		if r.Status != envelope.StatusDead || r.Error.Code != tt.code || r.Error.Field != tt.field || strings.Contains(r.Error.Message, "hush") {
			t.Errorf("%+v: %+v, %+v", tt.medium, r, r.Error)
		}
	}
}

// What one node signs, another serves, to whoever has the address; all else
// needs a token.
func TestMediaOverTwoNodes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	shared := mediaIn(t, func(c *config.Config) {
		c.HTTP.Tokens = []config.Token{
			{Name: "files", Token: config.NewSecret("key"), Scopes: []string{"media"}},
			{Name: "ops", Token: config.NewSecret("other"), Scopes: []string{"admin", "publish"}},
		}
	})
	chat := newFake()
	hosts := make(chan platform.Host, 1)
	chat.onOpen = func(_ context.Context, host platform.Host, _ int) error { hosts <- host; return nil }
	first := startNode(t, server.URL(), "n1", one(chat), shared)
	second := startNode(t, server.URL(), "n2", one(newFake()), shared)
	host := <-hosts
	a, err := host.Media().Keep(t.Context(), "a.txt", "text/plain", bytes.NewReader([]byte("hello")))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		a.URL: 200, host.Media().Link(a.Blob, time.Hour): 200, "/v1/media/" + a.Blob: 401, a.URL + "x": 403,
		host.Media().Link(a.Blob, -time.Second): 403,
	} {
		if status, body := second.request(http.MethodGet, path, "", ""); status != want || want == 200 && string(body) != "hello" {
			t.Errorf("%s: %d, %s; want %d", path, status, body, want)
		}
	}
	for authorization, want := range map[string]int{"Bearer key": 200, "Bearer other": 403, "": 401} {
		if status, _ := first.request(http.MethodGet, "/v1/media/"+a.Blob, "", authorization); status != want {
			t.Errorf("with %q: %d, want %d", authorization, status, want)
		}
	}
}
