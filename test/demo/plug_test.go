package demo

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/demo/bot"
)

// The promise of the first minute: the plug is pulled in mid-answer, and the
// answer is whole in the end, once.
func TestAPulledPlugLosesNothingAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	d := start(t)
	v := d.visit()
	v.say("/stream")
	v.sees("the beginning of the tale", func(r record) bool { return r.Live && len(r.Text) > 200 })
	if status := d.pull(fromPage(d)); status != http.StatusOK {
		t.Fatalf("the plug answers with status %d", status)
	}
	v.say("said while it is away")
	whole := v.sees("the end of the tale", func(r record) bool { return r.From.Bot && !r.Live && strings.Contains(r.Text, "A postern") })
	if whole.Text != bot.Tale() {
		t.Errorf("the text is not exact:\n%s", whole.Text)
	}
	v.seesBot("echo: said while it is away")
	again := d.visit() // who comes only now sees the same
	again.seesBot("echo: said while it is away")
	for _, who := range []*visitor{v, again} {
		if n := who.count("A postern"); n != 1 {
			t.Errorf("the tale is there %d times:\n%s", n, who)
		}
		if n := who.count("echo: said while"); n != 1 {
			t.Errorf("the echo is there %d times:\n%s", n, who)
		}
	}
	d.prints(regexp.MustCompile(`gateway killed`))
	d.prints(regexp.MustCompile(`after \d\.\d s`))
}

func TestThePlugIsForThePageAlone(t *testing.T) {
	t.Parallel()
	d := start(t)
	for name, headers := range map[string]map[string]string{
		"no header":           nil,
		"another site":        {"X-Postern-Demo": "plug", "Origin": "https://example.com", "Sec-Fetch-Site": "cross-site"},
		"another site, older": {"X-Postern-Demo": "plug", "Origin": "https://example.com"},
	} {
		if status := d.pull(headers); status != http.StatusForbidden {
			t.Errorf("%s: status %d", name, status)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url("/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example:80"
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("by another name: status %d", res.StatusCode)
	}
	if d.out.String() == "" || strings.Contains(d.out.String(), "killed") {
		t.Errorf("the gateway was killed:\n%s", d.out)
	}
}

// While the gateway is away its page looks again by itself, and a program is
// told when to try again.
func TestWhileItIsAwayThePageSaysSo(t *testing.T) {
	t.Parallel()
	d := start(t)
	for accept, want := range map[string]string{"text/html": "coming back", "application/json": `"code":"unavailable"`} {
		res, text := d.whileAway(accept)
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || !strings.Contains(text, want) {
			t.Errorf("%s: status %d, %v\n%s", accept, res.StatusCode, res.Header, text)
		}
		if accept == "text/html" && res.Header.Get("Refresh") == "" {
			t.Error("the page does not look again by itself")
		}
	}
}

// whileAway pulls the plug and asks for the page, until it was asked for
// before the gateway was back: on a machine that is busy, that is not certain.
func (d *demo) whileAway(accept string) (*http.Response, string) {
	d.t.Helper()
	for range 20 {
		d.pull(fromPage(d))
		req, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.url("/chat/chat"), nil)
		if err != nil {
			d.t.Fatal(err)
		}
		req.Header.Set("Accept", accept)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			d.t.Fatal(err)
		}
		if text := readAll(d.t, res); res.StatusCode != http.StatusOK {
			return res, text
		}
	}
	d.t.Fatal("the gateway is never away")
	return nil, ""
}

func TestThePrintedLineMakesTextAppear(t *testing.T) {
	t.Parallel()
	d := start(t)
	v := d.visit()
	found := regexp.MustCompile(`redis-cli -p \d+ XADD (\S+) '\*' data '(.*)'`).FindStringSubmatch(d.redis)
	if found == nil {
		t.Fatalf("%q", d.redis)
	}
	if err := d.client().XAdd(t.Context(), &redis.XAddArgs{Stream: found[1], Values: []any{"data", found[2]}}).Err(); err != nil {
		t.Fatal(err)
	}
	v.seesBot("hello")
}
