package delivery

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// untried is a trial of an entry published at 0 with nothing sent, whose
// backoff has no chance in it.
func untried(change ...func(*Trial)) Trial {
	t := Trial{
		Now: at(10), Since: at(0), RetryFor: 24 * time.Hour, ExpiresAt: at(24 * 3600), Started: at(9), Nothing: true,
		OnUnknown: envelope.UnknownResend, Jitter: 0.5,
	}
	for _, f := range change {
		f(&t)
	}
	return t
}

func TestAfter(t *testing.T) {
	t.Parallel()
	const no, yes, unknown = platform.SentNo, platform.SentYes, platform.SentUnknown
	park := func(t *Trial) { t.OnUnknown = envelope.UnknownPark }
	safe := func(t *Trial) { t.Safe = Safety{NativeKey: true} }
	partly := func(t *Trial) { t.Nothing = false }
	late := func(t *Trial) { t.Now, t.Attempts = at(24*3600-1), 5 } // the next would come after 8 s
	over := func(t *Trial) { t.ExpiresAt = t.Now }
	never := func(t *Trial) { t.ExpiresAt = time.Time{} }
	allFail := func(t *Trial) { t.Failing = true }
	limited := platform.Error{Code: envelope.CodeRateLimited, Sent: no, RetryAfter: 7 * time.Second, Gate: platform.GateRoute}
	failing := func(code envelope.Code, sent platform.Sent) platform.Error {
		return platform.Error{Code: code, Sent: sent}
	}
	const first = 250 * time.Millisecond // half of the schedule's first

	for _, tt := range []struct {
		name  string
		err   platform.Error
		trial Trial
		want  Step
	}{
		{"it is there", failing(envelope.CodeTransient, yes), untried(), Step{Move: Deliver}},
		{"it is there, whatever the code", failing(envelope.CodeInvalid, yes), untried(park), Step{Move: Deliver}},

		{"invalid", failing(envelope.CodeInvalid, no), untried(), Step{Move: Die}},
		{"unsupported", failing(envelope.CodeUnsupported, no), untried(), Step{Move: Die}},
		{"not found", failing(envelope.CodeNotFound, no), untried(), Step{Move: Die}},
		{"forbidden", failing(envelope.CodeForbidden, no), untried(), Step{Move: Die}},
		{"too large", failing(envelope.CodeTooLarge, no), untried(), Step{Move: Die}},
		{"conflict", failing(envelope.CodeConflict, no), untried(), Step{Move: Die}},
		{"invalid, the platform's last word even where it is unsure", failing(envelope.CodeInvalid, unknown), untried(park), Step{Move: Die}},

		{"limited", limited, untried(), Step{Move: ShutGate, Wait: 7 * time.Second, Gate: platform.GateRoute}},
		{"limited, at the end of its time", limited, untried(late), Step{Move: ShutGate, Wait: 7 * time.Second, Gate: platform.GateRoute}},
		{"limited, for how long is not said", failing(envelope.CodeRateLimited, no), untried(), Step{Move: Retry, Wait: first}},

		{
			"limited, beyond all measure",
			platform.Error{Code: envelope.CodeRateLimited, Sent: no, RetryAfter: 1 << 62},
			untried(),
			Step{Move: ShutGate, Wait: 24 * time.Hour},
		},

		{"unavailable", failing(envelope.CodeUnavailable, no), untried(late), Step{Move: AwaitPlatform}},
		{"unavailable, perhaps sent", failing(envelope.CodeUnavailable, unknown), untried(), Step{Move: AwaitPlatform}},
		{"auth", failing(envelope.CodeAuth, no), untried(late), Step{Move: AwaitCredentials}},
		{"auth, perhaps sent", failing(envelope.CodeAuth, unknown), untried(), Step{Move: AwaitCredentials}},

		{"transient", failing(envelope.CodeTransient, no), untried(), Step{Move: Retry, Wait: first}},
		{"transient, again", failing(envelope.CodeTransient, no), untried(func(t *Trial) { t.Attempts = 3 }), Step{Move: Retry, Wait: 2 * time.Second}},
		{"a code that is no platform's", failing(envelope.CodePoison, no), untried(), Step{Move: Retry, Wait: first}},
		{"transient, near the end of its time", failing(envelope.CodeTransient, no), untried(late), Step{Move: Retry, Wait: 500 * time.Millisecond}},
		{"transient, with a moment left", failing(envelope.CodeTransient, no), untried(late, func(t *Trial) { t.ExpiresAt = t.Now.Add(time.Millisecond) }), Step{Move: Retry, Wait: time.Millisecond}},
		{"transient, its time is over", failing(envelope.CodeTransient, no), untried(late, over), Step{Move: Expire}},
		{"transient, to the end, partly there", failing(envelope.CodeTransient, no), untried(late, partly), Step{Move: Die}},
		{"transient, to the end, perhaps sent", failing(envelope.CodeTransient, unknown), untried(late, safe), Step{Move: Die}},
		{"transient, to the end of retry_for, which comes first", failing(envelope.CodeTransient, no), untried(late, never), Step{Move: Die}},
		{
			"transient, partly there, is not bound to expires_at", failing(envelope.CodeTransient, no),
			untried(partly, func(t *Trial) { t.ExpiresAt = at(1) }),
			Step{Move: Retry, Wait: first},
		},

		{"all lanes fail: no attempt, and again within 10 s", failing(envelope.CodeTransient, no), untried(allFail, func(t *Trial) { t.Attempts = 9 }), Step{Move: Retry, Wait: 5 * time.Second, Spared: true}},
		{"all lanes fail, near the end of its time", failing(envelope.CodeTransient, no), untried(allFail, late), Step{Move: Retry, Wait: 500 * time.Millisecond, Spared: true}},
		{"all lanes fail, its time is over", failing(envelope.CodeTransient, no), untried(allFail, late, over), Step{Move: Expire}},
		{"all lanes fail, to the end, partly there", failing(envelope.CodeTransient, no), untried(allFail, late, partly), Step{Move: Retry, Wait: 5 * time.Second, Spared: true}},
		{"all lanes fail, perhaps sent, to be parked", failing(envelope.CodeTransient, unknown), untried(allFail, park), Step{Move: ParkNow}},
		{"all lanes fail, perhaps sent", failing(envelope.CodeUnknown, unknown), untried(allFail), Step{Move: Retry, Wait: 5 * time.Second, Spared: true}},
		{"all lanes fail, and yet this one is refused", failing(envelope.CodeInvalid, no), untried(allFail), Step{Move: Die}},

		{"unknown, again is safe", failing(envelope.CodeUnknown, unknown), untried(safe, park), Step{Move: Retry, Wait: first}},
		{
			"unknown, safe no more", failing(envelope.CodeUnknown, unknown),
			untried(func(t *Trial) { t.Safe = Safety{NativeKey: true, Window: 6 * time.Second} }),
			Step{Move: Retry, Wait: first},
		},
		{"unknown, to be sent again", failing(envelope.CodeUnknown, unknown), untried(), Step{Move: Retry, Wait: first}},
		{"unknown, to be parked", failing(envelope.CodeUnknown, unknown), untried(park), Step{Move: ParkNow}},
		{"transient, perhaps sent, to be parked", failing(envelope.CodeTransient, unknown), untried(park), Step{Move: ParkNow}},
		{"unavailable, perhaps sent, to be parked", failing(envelope.CodeUnavailable, unknown), untried(park), Step{Move: ParkNow}},
		{"not sent is never parked", failing(envelope.CodeTransient, no), untried(park), Step{Move: Retry, Wait: first}},
	} {
		if got := After(&tt.err, tt.trial); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	almost := 1 - 1e-12
	var sum time.Duration
	for attempts, want := range []float64{0.5, 1, 2, 4, 8, 16, 32, 60, 60} {
		most := time.Duration(want * float64(time.Second))
		if got := Backoff(attempts, almost); got >= most || got < most-time.Millisecond {
			t.Errorf("after %d attempts at most %v, want just below %v", attempts, got, most)
		}
		if got := Backoff(attempts, 0.25); got != most/4 {
			t.Errorf("after %d attempts, a quarter of the jitter: %v, want %v", attempts, got, most/4)
		}
		if got := Backoff(attempts, 0); got != 0 {
			t.Errorf("after %d attempts, no jitter: %v, want none", attempts, got)
		}
		if attempts < 7 {
			sum += most
		}
	}
	if sum != 63500*time.Millisecond {
		t.Errorf("the first seven are %v", sum)
	}
	for _, attempts := range []int{62, 63, 64, 1 << 40} {
		if got := Backoff(attempts, 0.5); got != 30*time.Second {
			t.Errorf("after %d attempts: %v", attempts, got)
		}
	}
	if got := Backoff(-1, 0.5); got != 250*time.Millisecond {
		t.Errorf("a count that was stored wrong: %v", got)
	}
}
