package retry

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 5, 4, 10, 0, 0, 500_000_000, time.UTC)

// headers makes some of name, value, …
func headers(of ...string) http.Header {
	h := http.Header{}
	for i := 0; i+1 < len(of); i += 2 {
		h.Add(of[i], of[i+1])
	}
	return h
}

func TestAfter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		h    http.Header
		want time.Duration
	}{
		{"not said", headers(), 0},
		{"whole seconds", headers("Retry-After", "7"), 7 * time.Second},
		{"seconds with a fraction", headers("Retry-After", "0.65"), 650 * time.Millisecond},
		{"with room around", headers("Retry-After", " 3 "), 3 * time.Second},
		{"now", headers("Retry-After", "0"), 0},
		{"before", headers("Retry-After", "-5"), 0},
		{"a day", headers("Retry-After", "86400"), Most},
		{"a year", headers("Retry-After", "31536000"), Most},
		{"more than any number", headers("Retry-After", strings.Repeat("9", 400)), Most},
		{"less than any number", headers("Retry-After", "-"+strings.Repeat("9", 400)), 0},
		{"no number", headers("Retry-After", "NaN"), 0},
		{"no end", headers("Retry-After", "Infinity"), 0},
		{"hexadecimal", headers("Retry-After", "0x10"), 0},
		{"words", headers("Retry-After", "soon"), 0},
		{"a number and words", headers("Retry-After", "5 seconds"), 0},

		{"a date, by our clock", headers("Retry-After", "Mon, 04 May 2026 10:00:20 GMT"), 19500 * time.Millisecond},
		{"a date as in RFC 850", headers("Retry-After", "Monday, 04-May-26 10:00:20 GMT"), 19500 * time.Millisecond},
		{"a date as of asctime", headers("Retry-After", "Mon May  4 10:00:20 2026"), 19500 * time.Millisecond},
		{"a date that is past", headers("Retry-After", "Mon, 04 May 2026 09:59:00 GMT"), 0},
		{"a date years ahead", headers("Retry-After", "Sun, 04 May 2036 10:00:20 GMT"), Most},
		{"a date that is none", headers("Retry-After", "Mon, 99 May 2026 10:00:20 GMT"), 0},
		{
			"their clock is an hour ahead",
			headers("Retry-After", "Mon, 04 May 2026 11:00:20 GMT", "Date", "Mon, 04 May 2026 11:00:00 GMT"), 20 * time.Second,
		},
		{
			"their clock is an hour behind",
			headers("Retry-After", "Mon, 04 May 2026 09:00:20 GMT", "Date", "Mon, 04 May 2026 09:00:00 GMT"), 20 * time.Second,
		},
		{
			"by their clock it is past, by ours not",
			headers("Retry-After", "Mon, 04 May 2026 10:00:20 GMT", "Date", "Mon, 04 May 2026 10:00:30 GMT"), 0,
		},
		{
			"their clock stands at the epoch",
			headers("Retry-After", "Mon, 04 May 2026 10:00:20 GMT", "Date", "Thu, 01 Jan 1970 00:00:00 GMT"), 19500 * time.Millisecond,
		},
		{
			"their clock cannot be read",
			headers("Retry-After", "Mon, 04 May 2026 10:00:20 GMT", "Date", "today"), 19500 * time.Millisecond,
		},
	} {
		if got := After(tt.h, now); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	const at = "1777888820" // 2026-05-04 10:00:20
	for _, tt := range []struct {
		name string
		h    http.Header
		want time.Duration
	}{
		{"not said", headers("Retry-After", "7"), 0},
		{"Discord, exact before since the epoch", headers("X-RateLimit-Reset-After", "1.470", "X-RateLimit-Reset", at), 1470 * time.Millisecond},
		{"since the epoch", headers("X-RateLimit-Reset", at), 19500 * time.Millisecond},
		{"since the epoch, with a fraction", headers("X-RateLimit-Reset", at+".250"), 19750 * time.Millisecond},
		{"since the epoch, in milliseconds", headers("X-RateLimit-Reset", at+"250"), 19750 * time.Millisecond},
		{"since the epoch, past", headers("X-RateLimit-Reset", "1777888000"), 0},
		{
			"since the epoch, by their clock", headers("X-RateLimit-Reset", "1777892420", "Date", "Mon, 04 May 2026 11:00:00 GMT"),
			20 * time.Second,
		},
		{"Mattermost, seconds left", headers("X-Ratelimit-Reset", "3"), 3 * time.Second},
		{"IETF, to draft 07", headers("RateLimit-Reset", "12", "X-RateLimit-Reset", "99"), 12 * time.Second},
		{"IETF, the longest of what is used up", headers("RateLimit", `"burst";r=0;t=4, "hour";r=0;t=30, "day";r=9;t=3600`), 30 * time.Second},
		{"IETF, in several lines", headers("RateLimit", `"burst";r=0;t=4`, "RateLimit", `"hour";t=30`), 30 * time.Second},
		{"IETF, draft 08", headers("RateLimit", "limit=10, remaining=0, reset=4"), 0},
		{"negative", headers("X-RateLimit-Reset-After", "-1", "RateLimit-Reset", "-1"), 0},
		{"in no clock's reach", headers("X-RateLimit-Reset", "1e300"), 0},
		{"words", headers("X-RateLimit-Reset", "tomorrow"), 0},
	} {
		if got := Reset(tt.h, now); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		want       time.Duration
	}{
		{"Discord", `{"message": "You are being rate limited.", "retry_after": 0.65, "global": false}`, 650 * time.Millisecond},
		{"Matrix", `{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2000}`, 2 * time.Second},
		{"Telegram", `{"ok": false, "error_code": 429, "parameters": {"retry_after": 7}}`, 7 * time.Second},
		{"Zulip", `{"code": "RATE_LIMIT_HIT", "retry-after": 28.706807374954224}`, 28706807374},
		{"Signal", `{"retryAfter": 3600}`, time.Hour},
		{"an error within", `{"error": {"code": "rate_limited", "retry_after": 4}}`, 4 * time.Second},
		{"a text", `{"retry_after": "1.5"}`, 1500 * time.Millisecond},
		{"milliseconds before seconds", `{"retry_after": 2, "retry_after_ms": 1500}`, 1500 * time.Millisecond},
		{"outside before within", `{"retry_after": 2, "parameters": {"retry_after": 7}}`, 2 * time.Second},
		{"nothing outside", `{"retry_after": 0, "parameters": {"retry_after": 7}}`, 7 * time.Second},
		{"a year", `{"retry_after_ms": 31536000000}`, Most},
		{"beyond numbers", `{"retry_after": 1e999}`, Most},
		{"negative", `{"retry_after": -1}`, 0},
		{"null", `{"retry_after": null}`, 0},
		{"a list", `{"retry_after": [1]}`, 0},
		{"true", `{"retry_after": true}`, 0},
		{"an error that is a text", `{"error": "slow down"}`, 0},
		{"no object", `[{"retry_after": 1}]`, 0},
		{"broken off", `{"retry_after": 1`, 0},
		{"HTML", `<html>429</html>`, 0},
		{"nothing", ``, 0},
	} {
		if got := Body([]byte(tt.body)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"Too Many Requests: retry after 7":       7 * time.Second,
		"Flood control: Retry After 12 sec.":     12 * time.Second,
		"retry after 0.5.":                       500 * time.Millisecond,
		"İİİ retry after 3":                      3 * time.Second,
		"retry after a while":                    0,
		"retry after ":                           0,
		"retry after " + strings.Repeat("9", 99): Most,
		"no":                                     0,
	} {
		if got := Text(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	if got := Millis(1500.25); got != 1500250*time.Microsecond {
		t.Errorf("1500.25 ms: %v", got)
	}
	if got := Seconds(1e-12); got != 0 {
		t.Errorf("less than a nanosecond: %v", got)
	}
}

// Whatever a platform says, the wait is one.
func FuzzWait(f *testing.F) {
	f.Add("7", "Mon, 04 May 2026 10:00:20 GMT", `{"retry_after": 0.65}`)
	f.Add("Mon May  4 10:00:20 2026", "", `{"parameters": {"retry_after": 7}}`)
	f.Add("1777888820", "Thu, 01 Jan 1970 00:00:00 GMT", "Too Many Requests: retry after 7")
	f.Add(`"burst";r=0;t=4`, "1e309", `{"retry_after_ms": "1e400"}`)
	f.Add("-9223372036854775808", "\x00", `{"error": {"retry-after": -0}}`)
	f.Fuzz(func(t *testing.T, value, date, body string) {
		h := http.Header{}
		for _, name := range []string{"Retry-After", "X-RateLimit-Reset-After", "RateLimit", "RateLimit-Reset", "X-RateLimit-Reset"} {
			h.Set(name, value)
			h.Set("Date", date)
			for what, got := range map[string]time.Duration{"After": After(h, now), "Reset": Reset(h, now)} {
				if got < 0 || got > Most {
					t.Errorf("%s of %s %q, Date %q: %v", what, name, value, date, got)
				}
			}
			h.Del(name)
		}
		for what, got := range map[string]time.Duration{"Body": Body([]byte(body)), "Text": Text(body)} {
			if got < 0 || got > Most {
				t.Errorf("%s of %q: %v", what, body, got)
			}
		}
	})
}
