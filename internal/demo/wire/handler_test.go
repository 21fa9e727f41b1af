package wire

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// page reads server-sent events as a browser does.
type page struct {
	t    *testing.T
	body *bufio.Scanner
	id   string // of the last event
}

func open(t *testing.T, url, lastEventID string) *page {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = res.Body.Close() })
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/event-stream") {
		t.Fatalf("status %d, %s", res.StatusCode, kind)
	}
	return &page{t: t, body: bufio.NewScanner(res.Body)}
}

// next reads one event's name and data.
func (p *page) next() (name, data string) {
	p.t.Helper()
	for p.body.Scan() {
		key, value, _ := strings.Cut(p.body.Text(), ": ")
		switch key {
		case "event":
			name = value
		case "id":
			p.id = value
		case "data":
			data = value
		case "":
			if data != "" {
				return name, data
			}
		}
	}
	p.t.Fatalf("the stream ended: %v", p.body.Err())
	return "", ""
}

func (p *page) item() Item {
	p.t.Helper()
	name, data := p.next()
	var item Item
	if err := json.Unmarshal([]byte(data), &item); err != nil || name != "" {
		p.t.Fatalf("event %q: %v: %s", name, err, data)
	}
	return item
}

func serveLog(t *testing.T, log *Log) string {
	t.Helper()
	server := httptest.NewServer(log.Handler(map[string]string{"redis_cli": "redis-cli -p 7"}))
	t.Cleanup(func() { http.DefaultClient.CloseIdleConnections(); server.Close() })
	return server.URL
}

func TestAPageGetsWhatIsKeptThenWhatCome(t *testing.T) {
	t.Parallel()
	log := NewLog()
	log.Add(Item{Kind: KindEvent, Head: "before"})
	url := serveLog(t, log)
	p := open(t, url, "")
	if name, about := p.next(); name != "hello" || !strings.Contains(about, `"redis_cli":"redis-cli -p 7"`) || !strings.Contains(about, log.run) {
		t.Errorf("%s: %s", name, about)
	}
	if got := p.item(); got.Head != "before" || got.N != 1 {
		t.Errorf("%+v", got)
	}
	log.Add(Item{Kind: KindReceipt, Head: "after"})
	if got := p.item(); got.Head != "after" || got.N != 2 {
		t.Errorf("%+v", got)
	}
}

func TestAPageThatComesBackMissesNothingAndGetsNothingTwice(t *testing.T) {
	t.Parallel()
	log := NewLog()
	url := serveLog(t, log)
	log.Add(Item{Head: "one"})
	first := open(t, url, "")
	first.next()
	first.item()
	log.Add(Item{Head: "two"})
	again := open(t, url, first.id)
	again.next()
	if got := again.item(); got.Head != "two" {
		t.Errorf("%+v", got)
	}
	other := open(t, url, "another-run.7")
	other.next()
	if got := other.item(); got.Head != "one" {
		t.Errorf("a page that followed another log begins with %+v", got)
	}
}

func TestTooManyPagesAreToldToWait(t *testing.T) {
	t.Parallel()
	url := serveLog(t, NewLog())
	for range listenersMost {
		open(t, url, "").next()
	}
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // nothing is left in it
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, %v", res.StatusCode, res.Header)
	}
}
