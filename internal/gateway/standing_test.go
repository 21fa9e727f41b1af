package gateway

import (
	"slices"
	"testing"

	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/platform"
)

func TestTell(t *testing.T) {
	t.Parallel()
	const none, standby, active = outbound.RoleNone, outbound.RoleStandby, outbound.RoleActive
	const connecting, ready, lost, refused = platform.StateConnecting, platform.StateReady, platform.StateLost, platform.StateAuthFailed
	is := func(role outbound.Role, state platform.State) standing { return standing{role: role, state: state} }
	paused := standing{role: active, state: ready, paused: true}
	for _, tt := range []struct {
		name          string
		before, after standing
		want          []string
	}{
		{"connected", is(active, connecting), is(active, ready), []string{"connected"}},
		{"lost", is(active, ready), is(active, lost), []string{"disconnected"}},
		{"never was", is(active, connecting), is(active, lost), nil},
		{"refused", is(active, ready), is(active, refused), []string{"auth_failed"}},
		{"refused at once", is(active, connecting), is(active, refused), []string{"auth_failed"}},
		{"refused, then trying on", is(active, refused), is(active, connecting), nil},
		{"no longer refused", is(active, refused), is(active, ready), []string{"connected"}},
		{"an operation was refused", is(active, ready), standing{role: active, state: ready, outage: true, auth: true}, []string{"auth_failed"}},
		{"still refused", is(active, refused), standing{role: active, state: refused, outage: true, auth: true}, nil},
		{"unavailable", is(active, ready), standing{role: active, state: ready, outage: true}, nil},
		{"another reason", is(active, ready), standing{role: active, state: ready, reason: "x"}, nil},
		{"paused", is(active, ready), paused, []string{"paused"}},
		{"resumed", paused, is(active, ready), []string{"resumed"}},
		{"paused and lost", is(active, ready), standing{role: active, state: lost, paused: true}, []string{"disconnected", "paused"}},
		{"it became active", is(standby, ready), is(active, ready), []string{"connected"}},
		{"it became active, refused", is(none, refused), is(active, refused), []string{"auth_failed"}},
		{"it became active, connecting", is(standby, connecting), is(active, connecting), nil},
		{"it became active, lost", is(standby, ready), is(active, lost), nil},
		{"a stand-by's own connection", is(standby, connecting), is(standby, ready), nil},
		{"it does not know yet what it is", is(none, connecting), is(none, ready), nil},
		{"it gave the lease up", is(active, ready), is(none, ready), nil},
	} {
		if got := tell(tt.before, tt.after); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestStanding(t *testing.T) {
	t.Parallel()
	const none, standby, active = outbound.RoleNone, outbound.RoleStandby, outbound.RoleActive
	const connecting, up, lost, refused = platform.StateConnecting, platform.StateReady, platform.StateLost, platform.StateAuthFailed
	for _, tt := range []struct {
		is    standing
		word  string
		ready bool
	}{
		{standing{role: active, state: up}, "ready", true},
		{standing{role: active, state: up, outage: true}, "unavailable", true},
		{standing{role: active, state: up, paused: true}, "paused", true},
		{standing{role: active, state: lost, paused: true}, "lost", true},
		{standing{role: active, state: refused, paused: true}, "auth_failed", true},
		{standing{role: active, state: up, outage: true, auth: true}, "auth_failed", false},
		{standing{role: active, state: refused}, "auth_failed", false},
		{standing{role: active, state: connecting}, "connecting", false},
		{standing{role: active, state: lost, reason: "x"}, "lost", false},
		{standing{role: standby, state: connecting}, "connecting", true},
		{standing{role: standby, state: lost}, "lost", true},
		{standing{role: none, state: up}, "ready", false},
	} {
		if got := tt.is.word(); got != tt.word {
			t.Errorf("%+v: %q, want %q", tt.is, got, tt.word)
		}
		if got := tt.is.readiness(); got.Ready != tt.ready || got.Ready != (got.Reason == "") {
			t.Errorf("%+v: %+v, want ready %v", tt.is, got, tt.ready)
		}
	}
}

func TestUntoldEventsAreBounded(t *testing.T) {
	t.Parallel()
	a := &account{wish: make(chan struct{}, 1), news: make(chan struct{}, 1)}
	a.Role(outbound.RoleActive, 1)
	for i := range 1001 {
		a.Paused(i%2 == 0)
	}
	got := a.takeUntold()
	if len(got) != untoldMost || got[untoldMost-1] != statePaused || got[untoldMost-2] != stateResumed {
		t.Errorf("%d events wait, the last ones %v", len(got), got[len(got)-2:])
	}
	if len(a.takeUntold()) != 0 {
		t.Error("they are told twice")
	}
}
