// Package delivery decides what happens next to an entry, and does nothing
// itself: no goroutine, no Redis, no clock or chance of its own. What it must
// know comes in as arguments, what is to be done goes out as values, and the
// effects are the outbound package's.
//
//	Admit   an envelope against what the platform can do
//	Lanes   which entry is next: one conversation, one operation at a time
//	Rank    what is more urgent, between lanes
//	Account whether the account's rate limit lets anything start
//	Judge   a claim as it was found: send, go on, resend, park, duplicate …
//	Form    how a platform shows a stream; which snapshot overtakes which
//	After   a failed part: retry, hold a gate, wait for the platform, end
//	Outage  how long a platform that takes nothing from anybody waits
//	Failing whether a platform fails in every lane, and what that changes
package delivery
