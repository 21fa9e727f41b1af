package retry

import (
	"encoding/json"
	"strings"
	"time"
)

// Body reads how long to wait from a refusal's JSON, a number or a text that
// is one:
//
//	{"retry_after": 0.65}                 seconds (Discord)
//	{"retry_after_ms": 2000}              milliseconds (Matrix)
//	{"parameters": {"retry_after": 7}}    seconds (Telegram)
//	{"retry-after": 28.7}                 seconds (Zulip)
//	{"retryAfter": 86400}                 seconds (Signal's server)
//	{"error": {"retry_after": 4}}         seconds (Postern and others)
//
// Milliseconds go before seconds, and what stands outside before what is
// within. signal-cli's retryAfter is in milliseconds: its adapter asks Millis.
func Body(body []byte) time.Duration {
	var outer map[string]json.RawMessage
	if json.Unmarshal(body, &outer) != nil {
		return 0
	}
	if wait := fields(outer); wait > 0 {
		return wait
	}
	for _, name := range []string{"parameters", "error"} {
		var inner map[string]json.RawMessage
		if json.Unmarshal(outer[name], &inner) == nil {
			if wait := fields(inner); wait > 0 {
				return wait
			}
		}
	}
	return 0
}

func fields(of map[string]json.RawMessage) time.Duration {
	if n, ok := value(of["retry_after_ms"]); ok && n > 0 {
		return Millis(n)
	}
	for _, name := range []string{"retry_after", "retry-after", "retryAfter"} {
		if n, ok := value(of[name]); ok && n > 0 {
			return Seconds(n)
		}
	}
	return 0
}

// value reads a number, or a text that is one.
func value(raw json.RawMessage) (float64, bool) {
	return number(strings.Trim(string(raw), `"`))
}

// Text reads the seconds from a refusal's words, as Telegram's: "Too Many
// Requests: retry after 7".
func Text(s string) time.Duration {
	_, rest, said := strings.Cut(strings.ToLower(s), "retry after ")
	if !said {
		return 0
	}
	n := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if n < 0 {
		n = len(rest)
	}
	return seconds(strings.TrimRight(rest[:n], "."))
}
