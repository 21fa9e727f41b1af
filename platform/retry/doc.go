// Package retry reads how long a platform asks to wait, in every form that
// platforms say it. Its functions are pure: no clock, no network.
//
//	After   Retry-After: seconds, whole or not, or an HTTP date
//	Reset   when a quota is whole again: RateLimit, X-RateLimit-Reset-After,
//	        RateLimit-Reset, X-RateLimit-Reset (left, or since the epoch)
//	Body    JSON: retry_after, retry_after_ms, parameters.retry_after …
//	Text    "Too Many Requests: retry after 7"
//
// Each answers 0 where nothing is said, or nothing that can be read: the time
// is past, not a number, below a nanosecond. No answer is negative and none is
// above Most. An adapter puts those that its platform uses in its order:
//
//	wait := cmp.Or(retry.Body(body), retry.After(answer.Header, now))
//
// Reset is for an answer that is a refusal: most platforms send these headers
// with each answer, and in one that is none they ask for nothing.
package retry
