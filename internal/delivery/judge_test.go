package delivery

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	now := at(100)
	forever := Safety{NativeKey: true}
	const this, other = "2:aa", "2:bb"
	resend := func(s Safety) Sender { return Sender{Digest: this, OnUnknown: envelope.UnknownResend, Safe: s} }
	park := Sender{Digest: this, OnUnknown: envelope.UnknownPark}
	strict := Sender{Digest: this, OnConflict: envelope.ConflictDead}
	for _, tt := range []struct {
		name   string
		found  Found
		sender Sender
		want   Verdict
	}{
		{"a foreign key", Found{Foreign: true, Mine: true, Ended: true}, strict, Blocked},
		{"new", Found{Mine: true, Digest: this}, resend(Safety{}), Send},
		{"taken over, nothing on its way", Found{Mine: true, Former: true, Takeovers: 9}, resend(Safety{}), Send},
		{"ended", Found{Ended: true, Digest: this}, resend(Safety{}), Duplicate},
		{"ended with other content", Found{Ended: true, Digest: other}, resend(Safety{}), Duplicate},
		{"ended with other content, to be told", Found{Ended: true, Digest: other}, strict, Conflict},
		{"ended with the same, to be told", Found{Ended: true, Digest: this}, strict, Duplicate},
		{"ended with a digest of another version", Found{Ended: true, Digest: "9:cc"}, strict, Duplicate},
		{"another's, unfinished", Found{Digest: this}, strict, Wait},
		{"another's, unfinished, other content", Found{Digest: other}, strict, Conflict},
		{"another's, being sent", Found{Sending: true, Digest: this}, park, Wait},
		{"our own with other content", Found{Mine: true, Digest: other}, strict, Send},
		{"sending, again is safe", Found{Mine: true, Sending: true, Former: true, Takeovers: 2}, resend(forever), SendAgain},
		{"sending, a third crash", Found{Mine: true, Sending: true, Former: true, Takeovers: 3}, resend(forever), Poison},
		{"sending, three crashes, but this is the owner's own retry", Found{Mine: true, Sending: true, Takeovers: 3}, resend(forever), SendAgain},
		{"sending, the window is open", Found{Mine: true, Sending: true, StartedAt: at(70)}, resend(Safety{NativeKey: true, Window: time.Minute}), SendAgain},
		{"sending, the window has closed", Found{Mine: true, Sending: true, StartedAt: at(40)}, resend(Safety{NativeKey: true, Window: time.Minute}), Resend},
		{"sending, nobody can tell", Found{Mine: true, Sending: true}, resend(Safety{}), Resend},
		{"sending, nobody can tell, to be parked", Found{Mine: true, Sending: true}, park, Park},
		{"sending, to be parked, but a person asked for it", Found{Mine: true, Sending: true, Bidden: true}, park, Resend},
		{"sending, the platform can say", Found{Mine: true, Sending: true, Bidden: true}, Sender{OnUnknown: envelope.UnknownPark, ReadBack: true}, Look},
		{"sending, it can say, but the key's window is open", Found{Mine: true, Sending: true, StartedAt: at(70)}, Sender{Safe: Safety{NativeKey: true, Window: time.Minute}, ReadBack: true}, SendAgain},
	} {
		if got := Judge(tt.found, tt.sender, now); got != tt.want {
			t.Errorf("%s: verdict %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestSafetyHolds(t *testing.T) {
	t.Parallel()
	minute := Safety{NativeKey: true, Window: time.Minute}
	for _, tt := range []struct {
		name  string
		safe  Safety
		after time.Duration
		want  bool
	}{
		{"no key", Safety{Window: time.Hour}, 0, false},
		{"a key for ever", Safety{NativeKey: true}, 1e6 * time.Hour, true},
		{"within the window, less its margin", minute, 55*time.Second - 1, true},
		{"at the margin", minute, 55 * time.Second, false},
		{"a window shorter than the margin", Safety{NativeKey: true, Window: time.Second}, 0, false},
		{"sets a state", Safety{StateOnly: true}, 1e6 * time.Hour, true},
	} {
		if got := tt.safe.Holds(at(0), at(0).Add(tt.after)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestSafetyOf(t *testing.T) {
	t.Parallel()
	caps := platform.Capabilities{NativeKey: true, KeyWindow: 60, Idempotent: []envelope.Type{envelope.TypeEdit, envelope.TypeDelete}}
	if got, want := SafetyOf(envelope.TypeMessage, caps), (Safety{NativeKey: true, Window: time.Minute}); got != want {
		t.Errorf("message: %+v", got)
	}
	if got, want := SafetyOf(envelope.TypeDelete, caps), (Safety{NativeKey: true, Window: time.Minute, StateOnly: true}); got != want {
		t.Errorf("delete: %+v", got)
	}
	if got := SafetyOf(envelope.TypeEdit, platform.Capabilities{}); got != (Safety{}) {
		t.Errorf("a platform without anything: %+v", got)
	}
}
